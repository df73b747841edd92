/** Calls to the control plane, by Node's own client: a test may have replaced `fetch`, or set a proxy for it. */
import * as http from 'node:http';
import * as https from 'node:https';

const options = { keepAlive: true };
const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };

export interface Answer {
  status: number;
  text: string;
}

export function send(method: string, url: string, body?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const secure = url.startsWith('https:');
    const agent = secure ? agents['https:'] : agents['http:'];
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const request = (secure ? https : http).request(url, { method, agent, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      // The server closed an idle connection just now: nothing was carried out.
      if (request.reusedSocket && error.code === 'ECONNRESET') resolve(send(method, url, body));
      else reject(new Error(`tracker-mock at ${new URL(url).origin} cannot be reached: ${error.message}`));
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** What the server says is wrong with a call, in one line. */
export function complaint(answer: Answer): string {
  try {
    const { message, errors, errorMessages } = JSON.parse(answer.text);
    const fields = Object.entries(errors ?? {}).map(([where, what]) => `${where}: ${what}`);
    return message ?? [...(errorMessages ?? []), ...fields].join(' ');
  } catch {
    return `status ${answer.status}`;
  }
}

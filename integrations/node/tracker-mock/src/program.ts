/** Finds the program, and starts it as a server that ends with this process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { World } from './world.js';

/** The variable that says that the server at TRACKER_MOCK_URL was started by `globalSetup`. */
export const OWN = '_TRACKER_MOCK_OWN';

/** The path of the program: `TRACKER_MOCK_BIN`, else that of the package for this platform. */
export function binary(): string {
  if (process.env.TRACKER_MOCK_BIN) return process.env.TRACKER_MOCK_BIN;
  const platform = `${process.platform}-${process.arch}`;
  try {
    return require.resolve(`tracker-mock-${platform}/bin/tracker-mock`);
  } catch {
    throw new Error(
      `the package tracker-mock-${platform}, which holds the program, is not installed. Install it without ` +
        '--omit=optional, or build the program with cargo and set TRACKER_MOCK_BIN to its path.',
    );
  }
}

export interface StartOptions {
  /** Options of the server, as in `['--max-file-size', '1MiB']`. */
  args?: string[];
  /** The path of the program, if it is not that of `binary()`. */
  binary?: string;
}

/** A server that this process has started. */
export class Server {
  constructor(
    /** Its base URL, without a slash at the end. */
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  /** The world of an organisation. */
  world(org: string): World {
    return new World(this.url, org);
  }

  /** Stops the server, and waits for its end. */
  async stop(): Promise<void> {
    const ended = this.child.exitCode !== null || this.child.signalCode !== null;
    if (ended) return;
    const exit = once(this.child, 'exit');
    this.child.ref();
    this.child.stdin?.end();
    await exit;
  }
}

/** Starts a server on a free port. It does not keep this process alive, and ends with it, even after `kill -9`. */
export async function start(options: StartOptions = {}): Promise<Server> {
  const program = options.binary ?? binary();
  const args = ['--port', '0', '--log-level', 'error', '--until-stdin-closes', ...(options.args ?? [])];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const url = await new Promise<string>((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`${program} cannot be run: ${error.message}`)));
    child.on('exit', (code) => reject(new Error(`${program} ended with ${code} before it was ready; see its stderr`)));
    createInterface(child.stdout).on('line', (line) => {
      const ready = / listening on (https?:\S+)$/.exec(line);
      if (ready?.[1]) resolve(ready[1]);
    });
  });
  // None of these should keep the event loop running: only the test runner decides when it ends.
  child.unref();
  for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref(): void }).unref();
  return new Server(url, child);
}

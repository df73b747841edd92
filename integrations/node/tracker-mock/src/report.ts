/** What a client sent, as text for the output of a test that failed. */
import type { Part, RequestRecord } from './records.js';

/** How many requests a report lists: the newest ones. */
export const LISTED = 50;

export const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;

/** A request on one line. */
export function headline(request: RequestRecord): string {
  const target = request.query ? `${request.path}?${request.query}` : request.path;
  const operation = request.operation === null ? '' : `  ${request.operation}`;
  const attempt = request.attempts ? `  attempt ${request.attempts.number} of ${request.attempts.of}` : '';
  return `#${request.id} ${request.method} ${target} -> ${request.status ?? 'no answer'}${operation}${attempt}`;
}

/** The lines below it: parts, faults, deviations, and `curl`, the command that sends it again. */
export function details(request: RequestRecord, curl: string): string[] {
  const { upload, fault } = request;
  return [
    ...(upload?.parts ?? []).map(part),
    ...(upload?.refused ? [`refused: ${upload.refused.message}`] : []),
    ...(fault ? [`fault ${nameOf(fault)}: ${fault.what}`] : []),
    ...request.deviations.map((one) => `${one.kind}: ${one.message}`),
    curl.trim().replace(/\s*\\\n\s*/g, ' '),
  ].map((line) => `    ${line}`);
}

export function nameOf(fault: { rule: number | null; name: string | null }): string {
  return fault.name ?? (fault.rule === null ? 'asked for by Prefer' : `rule ${fault.rule}`);
}

/** A part of a form, with its names as they were sent. */
function part(sent: Part): string {
  const names = (['name', 'filename', 'filename*'] as const).filter((name) => sent[name] !== null);
  const shown = names.map((name) => `${name}="${sent[name]}"`).join(' ');
  return `part ${shown}: ${sent.contentType ?? 'no type'}, ${count(sent.bytes, 'byte')}${sent.complete ? '' : ', cut off'}`;
}

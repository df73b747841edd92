/** How a request differs from the one that a test expected, and what a failed assertion shows. */
import { AssertionError } from 'node:assert';
import { createHash } from 'node:crypto';
import type { Notification, Part, RequestRecord, StoredFile } from './records.js';
import { count, headline, nameOf } from './report.js';

const NEAREST = 5;
const quoted = (text: string | null | undefined) => JSON.stringify(text ?? null);

/** A request and what keeps it from being the expected one. */
export type Near = [request: RequestRecord, differences: string[]];

export function fail(message: string): never {
  throw new AssertionError({ message });
}

/** Fails with the nearest requests: those with the fewest differences first, newest first among equals. */
export function refuse(title: string, requests: RequestRecord[], near: Near[], notes: string[] = []): never {
  const nearest = [...near].sort((one, other) => one[1].length - other[1].length).slice(0, NEAREST);
  const shown = nearest.flatMap(([request, differences]) => [
    `  ${headline(request)}`,
    ...differences.map((one) => `      ${one}`),
  ]);
  const last = requests.slice(-NEAREST).map((request) => `  ${headline(request)}`);
  const heading =
    last.length > 0 ? 'No request came near. The last ones:' : 'The client sent no request to this world.';
  const below = shown.length > 0 ? ['The nearest requests:', ...shown] : [heading, ...last];
  fail([title, ...notes.map((note) => `  ${note}`), ...below].join('\n'));
}

export interface ExpectedUpload {
  name: string;
  content: Buffer | undefined;
  attempts: number | undefined;
}

/** What keeps an upload from being the expected one; `files` are those that are stored. */
export function ofUpload(request: RequestRecord, expected: ExpectedUpload, files: StoredFile[]): string[] {
  const sent = request.upload?.name?.value;
  const made = request.attempts?.of ?? 1;
  const { name, content, attempts } = expected;
  return [
    ...(sent === name ? [] : [`its name is ${quoted(sent)} and not ${quoted(name)}`]),
    ...ofAnswer(request),
    ...(content ? ofContent(request, content, files) : []),
    ...(attempts === undefined || made === attempts ? [] : [`it took ${count(made, 'attempt')} and not ${attempts}`]),
  ];
}

/** What keeps a request from being the one that attaches the file; `place` has all names of where, none if it may be anywhere. */
export function ofAttachment(request: RequestRecord, name: string, place: string[], files: StoredFile[]): string[] {
  const id = request.path.split('/').at(-1);
  const sent = request.upload ? request.upload.name?.value : files.find((file) => file.id === id)?.name;
  const isElsewhere = place.length > 0 && !place.some((one) => request.path.includes(`/${one}/`));
  const where =
    request.operation === 'upload_temp_file'
      ? ['it uploads a temporary file, which a later request has to attach']
      : isElsewhere
        ? [`it attaches to another place than ${place[0]}`]
        : [];
  return [
    ...ofAnswer(request),
    ...(sent === name ? [] : [`its file is ${quoted(sent)} and not ${quoted(name)}`]),
    ...where,
  ];
}

/** What keeps a request that attaches a file from notifying anybody. */
export function ofAsking(request: RequestRecord): string[] {
  const isQuiet = new URLSearchParams(request.query ?? '').get('notify') === 'false';
  return [...ofAnswer(request), ...(isQuiet ? ['it asked for no notification'] : [])];
}

export interface ExpectedNotification {
  /** A login, or several: each was notified. */
  to?: string | string[];
  /** What was changed, as `project/4`. */
  about?: string;
  file?: string;
  event?: 'fileAdded' | 'fileRemoved';
  /** How many such notifications there are; without it at least one. */
  times?: number;
}

/** What keeps a notification from being the expected one; `about` is the id of what it should be about. */
export function ofNotification(
  sent: Notification,
  expected: ExpectedNotification,
  about: string | undefined,
): string[] {
  const told = sent.recipients.map(({ user }) => user.login);
  const missing = [expected.to ?? []].flat().filter((login) => !told.includes(login));
  const members: [string, string, string | undefined][] = [
    ['it is about', sent.entity.id, about],
    ['its file is', sent.file.name, expected.file],
    ['its event is', sent.event, expected.event],
  ];
  return [
    ...(missing.length > 0 ? [`it went to ${told.join(', ')} and not to ${missing.join(', ')}`] : []),
    ...members
      .filter(([, actual, wanted]) => wanted !== undefined && actual !== wanted)
      .map(([what, actual, wanted]) => `${what} ${quoted(actual)} and not ${quoted(wanted)}`),
  ];
}

function ofAnswer({ status, fault, upload }: RequestRecord): string[] {
  if (status === null) return ['it got no answer'];
  if (status >= 200 && status < 300) return [];
  const because = fault ? `, by the fault ${nameOf(fault)}` : '';
  return [`it was answered ${status}${because}${upload?.refused ? `: ${upload.refused.message}` : ''}`];
}

function ofContent(request: RequestRecord, content: Buffer, files: StoredFile[]): string[] {
  const parts = request.upload?.parts ?? [];
  const part: Part | undefined = parts.find((one) => one.filename !== null || one['filename*'] !== null) ?? parts[0];
  if (!part) return ['it has no part with a file'];
  if (part.bytes !== content.length) return [`it sent ${count(part.bytes, 'byte')} and not ${content.length}`];
  const stored = files.find((file) => file.id === idInAnswer(request))?.content;
  const digest = part['sha-256'];
  if (digest === createHash('sha256').update(content).digest('hex') || stored?.equals(content)) return [];
  if (stored?.length === content.length) {
    const at = content.findIndex((byte, index) => byte !== stored[index]);
    const shown = (bytes: Buffer) => quoted(bytes.subarray(at, at + 20).toString());
    return [`from byte ${at} on it sent ${shown(stored)} and not ${shown(content)}`];
  }
  if (digest === undefined) return ['its bytes are not stored, so that only their number can be compared'];
  return [`it sent other bytes: SHA-256 ${digest}`];
}

function idInAnswer(request: RequestRecord): string | undefined {
  try {
    return JSON.parse(request.responseText ?? '').id;
  } catch {
    return undefined;
  }
}

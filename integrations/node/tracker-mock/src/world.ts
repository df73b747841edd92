/** A world: all that one organisation holds, and the control plane for it. */
import {
  fail,
  ofAsking,
  ofAttachment,
  ofNotification,
  ofUpload,
  refuse,
  type ExpectedNotification,
  type Near,
} from './compare.js';
import { complaint, send, type Answer } from './http.js';
import type * as records from './records.js';
import { count, details, headline, LISTED, nameOf } from './report.js';

export interface Expected {
  /** The bytes, or the text in UTF-8. */
  content?: string | Uint8Array;
  /** How many requests it took, with retries. */
  attempts?: number;
}

/** A mode, or an advance. */
export interface ClockChange {
  mode?: 'run' | 'freeze' | 'tick';
  at?: string | undefined;
  step?: string;
  advance?: string;
}

/** The clock of a world. Durations are as in `'90s'`, times as in `'2026-01-15T09:30:00.000+0000'`. */
export class WorldClock {
  constructor(private readonly call: (method: string, body?: unknown) => Promise<records.Clock>) {}

  get(): Promise<records.Clock> {
    return this.call('GET');
  }
  /** As in `PUT /_mock/clock`. */
  set(change: ClockChange): Promise<records.Clock> {
    return this.call('PUT', change);
  }
  /** Stands still, at a time or where it is. */
  freeze(at?: string): Promise<records.Clock> {
    return this.set({ mode: 'freeze', at });
  }
  /** Each request that records a time gets one of its own, a step after the one before. */
  tick(step: string, at?: string): Promise<records.Clock> {
    return this.set({ mode: 'tick', step, at });
  }
  run(at?: string): Promise<records.Clock> {
    return this.set({ mode: 'run', at });
  }
  advance(duration: string): Promise<records.Clock> {
    return this.set({ advance: duration });
  }
}

export class World {
  /** A token; the server takes any. */
  readonly token = 'any-token';
  private readonly neverFired: string[] = [];
  readonly clock = new WorldClock((method, body) => this.json(method, 'clock', {}, body));

  constructor(
    /** The base URL of the server, without a slash at the end. */
    readonly url: string,
    /** The organisation. */
    readonly org: string,
  ) {}

  /** The headers that a client sends: its authorization and its organisation. */
  get headers(): Record<string, string> {
    return { Authorization: `OAuth ${this.token}`, 'X-Org-ID': this.org };
  }

  /** Variables for a program under test; `templates` adds more, with {url} {host} {port} {org} {token} filled in. */
  env(templates: Record<string, string> = {}): Record<string, string> {
    const { hostname, port } = new URL(this.url);
    const values: Record<string, string> = { url: this.url, host: hostname, port, org: this.org, token: this.token };
    const fill = (text: string) => text.replace(/\{(url|host|port|org|token)\}/g, (_, name) => values[name] ?? '');
    return {
      TRACKER_MOCK_URL: this.url,
      TRACKER_MOCK_ORG: this.org,
      TRACKER_MOCK_TOKEN: this.token,
      ...Object.fromEntries(Object.entries(templates).map(([name, text]) => [name, fill(text)])),
    };
  }

  /** Arms fault rules, or presets by name, behind those that are armed. */
  async arm(...rules: (records.Rule | records.Preset)[]): Promise<void> {
    const body = { rules: rules.map((rule) => (typeof rule === 'string' ? { preset: rule } : rule)) };
    await this.json('POST', 'faults', {}, body);
  }

  /** Disarms all rules. One that has not fired by now never will, and the verdict says so. */
  async disarm(): Promise<void> {
    this.neverFired.push(...(await this.unfired()));
    await this.json('DELETE', 'faults');
  }

  private async unfired(): Promise<string[]> {
    const { rules } = await this.json<{ rules: records.ArmedRule[] }>('GET', 'faults');
    return rules.filter((one) => one.neverFired).map((one) => nameOf({ rule: one.index, name: one.rule.name ?? null }));
  }

  /** The requests that clients sent, oldest first. */
  requests(filter: records.Filter = {}): Promise<records.RequestRecord[]> {
    return this.json('GET', 'requests', parameters(filter));
  }

  /** The requests that sent a form with a file. */
  async uploads(filter: records.Filter = {}): Promise<records.RequestRecord[]> {
    return (await this.requests(filter)).filter((request) => request.upload);
  }

  /** Waits until `count` requests have come (1), or fails after `timeout` (`'5s'`) with those that came close. */
  async waitFor(
    filter: records.Filter = {},
    options: { count?: number; timeout?: string } = {},
  ): Promise<records.RequestRecord[]> {
    const answer = await this.ask('GET', 'requests/wait', { ...parameters(filter), ...options });
    if (answer.status === 408) fail(complaint(answer));
    return read(answer, 'GET', 'requests/wait');
  }

  /** Every file: temporary ones, and those of entities, issues and their comments. */
  async files(): Promise<records.StoredFile[]> {
    const state = await this.state();
    const attached = holders(state).flatMap(([place, { attachments, comments }]) => [
      ...attachments.map((file) => stored(file, place)),
      ...comments.flatMap((one) => one.attachments.map((file) => stored(file, `${place}/comments/${one.id}`))),
    ]);
    return [...state.temporaryFiles.map((file) => stored(file, 'temporary')), ...attached];
  }

  /** A project, portfolio or goal as it is stored, by `project/4` or its id. */
  async entity(name: string): Promise<records.SavedEntity> {
    const found = (await this.state()).entities.find((one) => namesOf(one).includes(name));
    return found ?? fail(`There is no entity ${name} in this world.`);
  }

  /** An issue as it is stored, by its key or its id. */
  async issue(key: string): Promise<records.SavedIssue> {
    const found = (await this.state()).issues.find((one) => namesOf(one).includes(key));
    return found ?? fail(`There is no issue ${key} in this world.`);
  }

  /** The notifications that the real service would have sent, oldest first. */
  outbox(): Promise<records.Notification[]> {
    return this.json('GET', 'outbox');
  }

  /** Seeds the ids: with the same seed and clock, the same requests get the same answers. */
  async seed(seed: number): Promise<void> {
    await this.json('PUT', 'ids', {}, { seed });
  }

  /** Keeps the world as it is now, under a name. */
  async snapshot(name = 'snapshot'): Promise<void> {
    await this.json('PUT', `snapshots/${encodeURIComponent(name)}`);
  }

  /** Puts the world back to a snapshot, as often as you like. */
  async restore(name = 'snapshot'): Promise<void> {
    await this.json('POST', `snapshots/${encodeURIComponent(name)}/restore`);
  }

  /** The whole world as a document. */
  state(): Promise<records.State> {
    return this.json('GET', 'state');
  }

  /** Replaces the world by such a document. */
  async load(state: object): Promise<void> {
    await this.json('PUT', 'state', {}, state);
  }

  /** Puts the world back to the fixtures, and forgets its requests and faults. */
  async reset(): Promise<void> {
    await this.json('POST', 'reset');
    this.neverFired.length = 0;
  }

  /** Forgets the world, as if nobody had named it. */
  async forget(): Promise<void> {
    const answer = await send('DELETE', `${this.url}/_mock/worlds/${encodeURIComponent(this.org)}`);
    read(answer, 'DELETE', `worlds/${this.org}`);
  }

  /** What no test should let pass: deviations, unknown endpoints, faults that never fired, dropped records. */
  async findings(allow: string[] = []): Promise<string[]> {
    const { strict } = await this.json<{ strict: records.Strict }>('POST', 'verify', {}, { strict: { allow } });
    const disarmed = allow.includes('fault-never-fired') ? [] : this.neverFired;
    return [
      ...strict.findings.map((one) => `${one.kind}: ${one.message}`),
      ...disarmed.map((name) => `fault-never-fired: the fault "${name}" was disarmed and had never fired`),
    ];
  }

  /** What the client sent, as text: each request with its parts, faults, deviations, and a curl command. */
  async report(): Promise<string> {
    const requests = await this.requests({ limit: LISTED });
    const curls = await Promise.all(requests.map((one) => this.ask('GET', `requests/${one.id}`, { format: 'curl' })));
    const unfired = (await this.unfired()).map((name) => `armed, but never fired: ${name}`);
    const heading =
      requests.length === 0 ? ['no request'] : requests.length === LISTED ? [`the newest ${LISTED} requests:`] : [];
    const lines = requests.flatMap((one, at) => [headline(one), ...details(one, curls[at]?.text ?? '')]);
    return [`world ${this.org} at ${this.url}`, ...heading, ...lines, ...unfired].join('\n');
  }

  /** Fails unless a file was uploaded under this name, with this content, in so many attempts. Gives the request. */
  async assertUploaded(name: string, { content, attempts }: Expected = {}): Promise<records.RequestRecord> {
    const bytes = content === undefined ? undefined : Buffer.from(content);
    const files = bytes ? await this.files() : [];
    const requests = await this.requests();
    const uploads = requests.filter((one) => one.upload).reverse();
    const near = uploads.map((one): Near => [one, ofUpload(one, { name, content: bytes, attempts }, files)]);
    const found = near.find(([, differences]) => differences.length === 0);
    if (found) return found[0];
    const size = bytes ? ` with ${count(bytes.length, 'byte')}` : '';
    const often = attempts === undefined ? '' : ` in ${count(attempts, 'attempt')}`;
    return refuse(`No upload of "${name}"${size}${often} was accepted.`, requests, near);
  }

  /** Fails unless files of this name are attached `to` this (`project/4`, `JUNE-2`), so many times, else at least once. */
  async assertAttached(
    name: string,
    { to, times }: { to?: string; times?: number } = {},
  ): Promise<records.StoredFile[]> {
    const [state, files, requests] = await Promise.all([this.state(), this.files(), this.requests()]);
    // All names of the place, first the one that `at` of a file has.
    const places = holders(state).map(([place, one]) => [place, ...namesOf(one)]);
    const place = to === undefined ? [] : (places.find((names) => names.includes(to)) ?? [to]);
    const isThere = ({ at }: records.StoredFile) =>
      to === undefined || at === place[0] || at.startsWith(`${place[0]}/`);
    const attached = files.filter((file) => file.name === name && file.at !== 'temporary' && isThere(file));
    if (times === undefined ? attached.length > 0 : attached.length === times) return attached;
    const others = files
      .filter((file) => file.name === name || (to !== undefined && isThere(file)))
      .map(
        (file) =>
          `"${file.name}" is ${file.at === 'temporary' ? 'temporary' : `attached to ${file.at}`}, as file ${file.id}`,
      );
    const near = requests
      .filter((one) => one.method === 'POST' && one.path.includes('/attachments'))
      .map((one): Near => [one, ofAttachment(one, name, place, files)]);
    const often = times === undefined ? 'at least once' : count(times, 'time');
    const where = to === undefined ? '' : ` to ${place[0]}`;
    const title = `"${name}" is attached${where} ${count(attached.length, 'time')} and not ${often}.`;
    return refuse(title, requests, near.reverse(), others);
  }

  /** Fails unless such notifications were sent. */
  async assertNotified(expected: ExpectedNotification = {}): Promise<records.Notification[]> {
    const about = expected.about === undefined ? undefined : (await this.entity(expected.about)).id;
    const outbox = await this.outbox();
    const judged = outbox.map((sent) => ({ sent, differences: ofNotification(sent, expected, about) }));
    const found = judged.filter((one) => one.differences.length === 0).map((one) => one.sent);
    const { times } = expected;
    if (times === undefined ? found.length > 0 : found.length === times) return found;
    const notes = judged.map(({ sent, differences }) => {
      const what = `${sent.event} "${sent.file.name}" of ${sent.entity.type} ${sent.entity.id}`;
      return `${what}${differences.length > 0 ? `: ${differences.join('; ')}` : ' is as expected'}`;
    });
    const requests = await this.requests();
    const silent = requests.filter((one) => one.operation === 'attach_file').map((one): Near => [one, ofAsking(one)]);
    const often = times === undefined ? 'at least one was' : `${times} ${times === 1 ? 'was' : 'were'}`;
    const title = `${count(found.length, 'such notification')} of ${outbox.length} in the outbox; ${often} expected.`;
    return refuse(title, requests, silent.reverse(), notes);
  }

  private ask(method: string, path: string, query: Record<string, unknown> = {}, body?: unknown): Promise<Answer> {
    const search = new URLSearchParams([['org', this.org]]);
    for (const [name, values] of Object.entries(query)) {
      for (const value of [values].flat())
        search.append(name, typeof value === 'string' ? value : JSON.stringify(value));
    }
    return send(method, `${this.url}/_mock/${path}?${search}`, body);
  }

  private async json<T>(method: string, path: string, query: Record<string, unknown> = {}, body?: unknown): Promise<T> {
    return read(await this.ask(method, path, query, body), method, path);
  }
}

function read<T>(answer: Answer, method: string, path: string): T {
  if (answer.status >= 400) throw new Error(`${method} /_mock/${path}: ${complaint(answer)}`);
  return answer.text === '' ? (undefined as T) : JSON.parse(answer.text);
}

/** The members of a filter as parameters of a query: `{query: {a: 'b'}}` is `query.a=b`. */
function parameters(filter: records.Filter): Record<string, unknown> {
  const pairs = Object.entries(filter).flatMap(([name, value]) =>
    ['query', 'header', 'json'].includes(name)
      ? Object.entries(value).map(([key, text]) => [`${name}.${key}`, text])
      : [[name, value]],
  );
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

/** What files can be attached to, under the name that `at` of a file has. */
function holders(state: records.State): [string, records.SavedEntity | records.SavedIssue][] {
  return [
    ...state.entities.map((one): [string, records.SavedEntity] => [`${one.type}/${one.shortId}`, one]),
    ...state.issues.map((one): [string, records.SavedIssue] => [one.key, one]),
  ];
}

const isEntity = (one: records.SavedEntity | records.SavedIssue): one is records.SavedEntity => 'shortId' in one;

function namesOf(one: records.SavedEntity | records.SavedIssue): string[] {
  if (isEntity(one)) return [one.id, `${one.type}/${one.id}`, `${one.type}/${one.shortId}`];
  return [one.id, one.key];
}

function stored({ content, mimetype, id, name }: records.SavedFile, at: string): records.StoredFile {
  const bytes = 'text' in content ? Buffer.from(content.text) : Buffer.from(content.base64, 'base64');
  return { id, name, content: bytes, mimetype: mimetype ?? null, at };
}

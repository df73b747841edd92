/** The JSON of the control plane as types: what tests write and read most; `GET /_mock/schema.json` has all of it. */

/** Texts may hold patterns: `*` is any text, `\*` a star. */
export interface Match {
  operation?: string | string[];
  method?: string | string[];
  path?: string;
  file?: string;
  query?: Record<string, string | number>;
  header?: Record<string, string | number>;
  /** By JSON Pointer, as in `{'/fields/summary': '*bug*'}`. */
  json?: Record<string, unknown>;
  actor?: string;
  part?: string;
  partType?: string;
}

/** Which requests of the journal are meant. */
export interface Filter extends Match {
  status?: number | string;
  /** The id of a request, or a time: only later ones. */
  since?: number | string;
  limit?: number;
}

/** A fault rule; see "Failing on demand" in the guide. */
export interface Rule {
  preset?: Preset;
  name?: string;
  match?: Match;
  skip?: number;
  times?: number;
  at?:
    | 'before'
    | 'after'
    | { request: 'part-headers' | 'before-closing-boundary' | { afterFileBytes: number } }
    | { answer: 'half' | { afterBytes: number } };
  do?: {
    status?: number;
    headers?: Record<string, string | string[]>;
    body?: unknown;
    connection?: 'reset' | 'close' | 'stall';
    bytesPerSecond?: number;
    delay?: string;
  };
}

export type Preset = 'rate-limit' | 'flaky-503' | 'lost-answer' | 'slow-upload' | 'truncated-download';

export interface User {
  id: string;
  login: string;
  display: string;
}

export interface Part {
  name: string | null;
  filename: string | null;
  'filename*': string | null;
  contentType: string | null;
  bytes: number;
  complete: boolean;
  'sha-256'?: string;
  'xxh3-128'?: string;
}

export interface Deviation {
  kind: string;
  message: string;
  rule: string;
}

/** A request of the journal. */
export interface RequestRecord {
  id: number;
  requestId: string;
  time: string;
  durationMs: number;
  org: string | null;
  actor: User | null;
  operation: string | null;
  method: string;
  path: string;
  query: string | null;
  headers: Record<string, string>;
  requestBytes?: number;
  requestText?: string;
  upload?: {
    boundary: string | null;
    bodyBytes: number;
    partCount: number;
    parts: Part[];
    name: { value: string; from: string; why: string } | null;
    refused: { rule: string; message: string; at: number } | null;
  };
  fault?: { rule: number | null; name: string | null; at: string; what: string };
  status: number | null;
  responseBytes?: number;
  responseText?: string;
  deviations: Deviation[];
  attempts?: {
    number: number;
    of: number;
    requests: { id: number; status: number | null; faulted: boolean; bytes: number | null }[];
  };
}

/** A notification that the real service would have sent. */
export interface Notification {
  time: string;
  actor: User;
  entity: { type: string; id: string };
  event: string;
  file: { id: string; name: string };
  notify: boolean;
  notifyAuthor: boolean;
  recipients: { user: User; roles: string[] }[];
}

/** What a strict check says. */
export interface Strict {
  ok: boolean;
  count: number;
  findings: { kind: string; message: string; request?: number }[];
}

/** A rule that is armed, and how often it matched and fired. */
export interface ArmedRule {
  index: number;
  matched: number;
  fired: number;
  neverFired: boolean;
  rule: Rule;
}

/** A file of a saved world. */
export interface SavedFile {
  id: string;
  name: string;
  mimetype?: string;
  createdBy: string;
  createdAt: string;
  content: { text: string } | { base64: string };
}

export interface SavedComment {
  id: number;
  text: string;
  createdBy: string;
  attachments: SavedFile[];
  [member: string]: unknown;
}

export interface SavedEntity {
  type: string;
  id: string;
  shortId: number;
  version: number;
  fields: Record<string, unknown>;
  attachments: SavedFile[];
  comments: SavedComment[];
  [member: string]: unknown;
}

export interface SavedIssue {
  id: string;
  key: string;
  version: number;
  summary: string;
  attachments: SavedFile[];
  comments: SavedComment[];
  [member: string]: unknown;
}

/** A world as a document, in the format of fixtures. */
export interface State {
  entities: SavedEntity[];
  issues: SavedIssue[];
  temporaryFiles: SavedFile[];
  [member: string]: unknown;
}

/** A file that is stored in a world. */
export interface StoredFile {
  id: string;
  name: string;
  content: Buffer;
  mimetype: string | null;
  /** Where it is attached: `JUNE-2`, `project/4`, `JUNE-2/comments/1`; `temporary` if it is not. */
  at: string;
}

export interface Clock {
  mode: 'run' | 'freeze' | 'tick';
  now: string;
  step?: string;
}

/** A world for each test, with a verdict after it: for node:test, Vitest and Jest. */
import { randomUUID } from 'node:crypto';
import { OWN, start, type Server } from './program.js';
import type { Preset, Rule } from './records.js';
import { World, type ClockChange } from './world.js';

export { World } from './world.js';

export interface WorldOptions {
  /** Fault rules, or presets by name. */
  faults?: (Rule | Preset)[];
  /** As in `PUT /_mock/clock`. */
  clock?: ClockChange;
  /** The seed of ids. */
  seed?: number;
  /** A saved world to start with. */
  state?: object;
  /** Kinds of findings that do not fail the test, as `'retry-empty'`. */
  allow?: string[];
  /** Whether faults may stay unfired. */
  unfired?: boolean;
}

/** What `world` needs of the context of a test: that of node:test, or that of Vitest. */
export type TestContext =
  | { name: string; after(run: () => Promise<void>): void; diagnostic(message: string): void }
  | { task: Task; onTestFinished(run: () => Promise<void>): void };

interface Task {
  name: string;
  result?: { state?: string } | undefined;
}

/** A world of its own for a test of node:test, or of Vitest: it fails the test at its end if there is reason to. */
export async function world(t: TestContext, options: WorldOptions = {}): Promise<World> {
  const server = await shared();
  if ('task' in t) {
    const made = await prepare(server, t.task.name, options);
    t.onTestFinished(() => finish(made, options, t.task.result?.state === 'fail'));
    return made;
  }
  const made = await prepare(server, t.name, options);
  t.after(async () => {
    // Node does not show the errors of hooks after a test that failed, so the report is a diagnostic.
    const failed = Boolean((t as { error?: unknown }).error);
    await finish(made, options, failed).catch((error: Error) => {
      if (!failed) throw error;
      for (const line of error.message.split('\n')) t.diagnostic(line);
    });
  });
  return made;
}

/** Gives each test of this file, or of this `describe`, a world of its own; call what it returns within a test. */
export function useTrackerMock(options: WorldOptions = {}): () => World {
  const { beforeAll, beforeEach, afterEach, afterAll } = runner();
  let own: Server | undefined;
  let current: World | undefined;
  let isRunning = false;
  let test: Task | undefined;
  beforeAll(async () => {
    if (!process.env.TRACKER_MOCK_URL) own = await start();
  });
  // Without parameters: Jest takes a hook with one for a hook that calls back.
  beforeEach(async function () {
    if (isRunning)
      throw new Error('Tests that run at once cannot share useTrackerMock(): take `await world(context)` in each.');
    isRunning = true;
    test = arguments[0]?.task;
    current = await prepare(own?.url ?? urlOfAll(), testName(arguments[0]), options);
  });
  afterEach(async function () {
    // One that was refused above leaves the world to whose it is.
    if (test !== arguments[0]?.task) return;
    const made = current;
    current = undefined;
    isRunning = false;
    if (made) await finish(made, options, hasFailed(arguments[0]));
  });
  afterAll(() => own?.stop());
  return () => {
    if (!current)
      throw new Error('There is a world only while a test runs: call this within a test, or in beforeEach.');
    return current;
  };
}

let ofThisProcess: Promise<Server> | undefined;

/** The server of all tests, by `TRACKER_MOCK_URL`, else one for this process. */
async function shared(): Promise<string> {
  if (process.env.TRACKER_MOCK_URL) return urlOfAll();
  ofThisProcess ??= start();
  return (await ofThisProcess).url;
}

function urlOfAll(): string {
  return (process.env.TRACKER_MOCK_URL ?? '').replace(/\/+$/, '');
}

async function prepare(url: string, name: string, options: WorldOptions): Promise<World> {
  const words = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40);
  const made = new World(url, `${words || 'test'}-${randomUUID().slice(0, 8)}`);
  if (options.state) await made.load(options.state);
  if (options.clock) await made.clock.set(options.clock);
  if (options.seed !== undefined) await made.seed(options.seed);
  if (options.faults) await made.arm(...options.faults);
  return made;
}

/** Fails a test that should not pass, and says what the client sent in one that has failed. */
async function finish(made: World, options: WorldOptions, failed: boolean): Promise<void> {
  const allow = [...(options.allow ?? []), ...(options.unfired ? ['fault-never-fired'] : [])];
  const found = failed ? [] : await made.findings(allow);
  const report = failed || found.length > 0 ? [...verdict(found), 'What the client sent:', await made.report()] : [];
  // Whoever has started the server himself may want to look into its worlds.
  if (process.env[OWN] || !process.env.TRACKER_MOCK_URL) await made.forget();
  if (report.length === 0) return;
  const error = new Error(report.join('\n'));
  // It is about the whole test, and not about a line of code.
  error.stack = `TrackerMock: ${error.message}`;
  error.name = 'TrackerMock';
  throw error;
}

const kindsOf = (found: string[]) => [...new Set(found.map((line) => line.split(':', 1)[0] ?? ''))].sort();

function verdict(found: string[]): string[] {
  if (found.length === 0) return [];
  const kinds = kindsOf(found).filter((kind) => kind !== 'fault-never-fired');
  const options = [
    ...(kinds.length > 0 ? [`allow: [${kinds.map((kind) => `'${kind}'`).join(', ')}]`] : []),
    ...(kinds.length < kindsOf(found).length ? ['unfired: true'] : []),
  ];
  return [
    `tracker-mock found ${kindsOf(found).join(', ')}, although the test passed:`,
    ...found.map((line) => `  ${line}`),
    `To let that pass, give the world the options { ${options.join(', ')} }.`,
    '',
  ];
}

type Hook = (run: () => unknown) => void;
type Runner = Record<'beforeAll' | 'beforeEach' | 'afterEach' | 'afterAll', Hook>;

let vitest: Runner | undefined;

/** Takes the hooks of a runner that does not make them global. */
export function useRunner(hooks: object): void {
  vitest = hooks as Runner;
}

function runner(): Runner {
  const found = 'beforeEach' in globalThis ? (globalThis as unknown as Runner) : vitest;
  if (found) return found;
  if (process.env.JEST_WORKER_ID) return require('@jest/globals');
  throw new Error('useTrackerMock() is for Vitest and Jest, in a test file. With node:test, use `await world(t)`.');
}

interface JestTest {
  name: string;
  errors: unknown[];
}

/** What Jest keeps in the global object of a test file, where it tells its hooks nothing of the test. */
const globals = globalThis as Record<symbol, any>;
let started: JestTest | undefined;
// From version 30 on: who hears of its events.
globals[Symbol.for('EVENT_HANDLERS')]?.push((event: { name: string; test: JestTest }) => {
  if (event.name === 'test_start') started = event.test;
});

function jestTest(): JestTest | undefined {
  if (started) return started;
  // Before: its state.
  const state = Object.getOwnPropertySymbols(globals).find((symbol) => symbol.description === 'JEST_STATE_SYMBOL');
  return state && globals[state]?.currentlyRunningTest;
}

function testName(context: { task: Task } | undefined): string {
  return context?.task.name ?? jestTest()?.name ?? 'test';
}

function hasFailed(context: { task: Task } | undefined): boolean {
  return context?.task.result?.state === 'fail' || (jestTest()?.errors.length ?? 0) > 0;
}

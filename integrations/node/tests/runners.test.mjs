// Suites that pass and suites that fail, under each runner: what they print, and which servers and worlds they had.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { test } from 'node:test';

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, '..', 'node_modules');

function run(folder, suite, ...args) {
  const notes = join(here, `notes of ${folder}`);
  rmSync(notes, { force: true });
  // A runner within a runner would report to the outer one.
  const { NODE_TEST_CONTEXT: _, ...outer } = process.env;
  const env = { ...outer, NOTES: notes, SUITE: suite, CI: 'true' };
  const done = spawnSync(process.execPath, args, { cwd: join(here, 'suites', folder), env, encoding: 'utf8' });
  const output = stripVTControlCharacters(done.stdout + done.stderr);
  const read = () =>
    readFileSync(notes, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  return { code: done.status, output, read };
}

const runs = {
  'node:test': (suite) => run('node', suite, '--test', `${suite}.mjs`),
  vitest: (suite) =>
    run('vitest', suite === 'passing' ? '*.passing.mjs' : 'failing.mjs', join(modules, 'vitest', 'vitest.mjs'), 'run'),
  jest: (suite) =>
    run('jest', suite === 'passing' ? '*.passing.js' : 'failing.js', join(modules, 'jest', 'bin', 'jest.js')),
};

/** How many servers, processes and worlds a passing suite has. */
const expected = {
  'node:test': { servers: 1, processes: 1, worlds: 2 },
  vitest: { servers: 1, processes: 2, worlds: 12 },
  jest: { servers: 1, processes: 2, worlds: 8 },
};

/** How each says that all of the failing tests failed. */
const failed = {
  'node:test': /pass 0\n.*fail 4/,
  vitest:
    /Tests that run at once cannot share useTrackerMock\(\): take `await world\(context\)` in each\.[^]*Tests +9 failed \| 1 passed \(10\)/,
  jest: /Tests: +4 failed, 4 total/,
};

/** What the output of a failing suite has, and how many different ones of it at least. */
const lines = {
  'tracker-mock found fault-never-fired, although the test passed:[\\s#ℹ]+fault-never-fired: the fault "lost-answer" never fired: no request matched it': 1,
  'To let that pass, give the world the options { unfired: true }\\.': 1,
  "To let that pass, give the world the options { allow: \\['unknown-parameter'\\] }\\.": 1,
  'unknown-parameter: request \\d+, POST /v2/attachments/: The parameter "filenam" is not documented': 1,
  'unknown-endpoint: request \\d+, GET /v2/tea: GET /v2/tea is not an endpoint that is emulated': 1,
  'What the client sent:[\\s#ℹ]+world [a-z0-9-]+ at http://[\\d.:]+': 4,
  'no request': 1,
  '#\\d+ POST /v2/attachments/ -> 201  upload_temp_file[\\s#ℹ]+part name="file" filename="a.txt": text/plain, 4 bytes': 1,
  "curl -X POST 'http://127.0.0.1:\\d+/v2/attachments/' .* -F 'file=@": 1,
};

const untold = Object.fromEntries(
  Object.entries(lines).map(([line, count]) => [
    line,
    line.includes('201') || line.startsWith('curl') ? 0 : Math.min(count, 3),
  ]),
);

for (const [runner, start] of Object.entries(runs)) {
  test(`${runner}: one server, a world for each test`, () => {
    const { code, output, read } = start('passing');
    assert.equal(code, 0, output);
    const distinct = (member) => new Set(read().map((one) => one[member])).size;
    const seen = { servers: distinct('url'), processes: distinct('pid'), worlds: distinct('org') };
    assert.deepEqual(seen, expected[runner], output);
    assert.doesNotMatch(output, /did not exit|open handle|deprecat|close timed out/i);
  });

  test(`${runner}: what should not pass fails, and says what the client sent`, (t) => {
    const { code, output } = start('failing');
    assert.equal(code, 1, output);
    assert.match(output, failed[runner]);
    // Before Node 20.12, a hook of node:test is not told that the test failed.
    const isTold = runner !== 'node:test' || 'error' in t;
    for (const [line, count] of Object.entries(isTold ? lines : { ...lines, ...untold })) {
      const found = new Set(output.match(new RegExp(line, 'g')) ?? []).size;
      assert.ok(found >= count, `${line} is there ${found} and not ${count} times:\n${output}`);
    }
  });
}

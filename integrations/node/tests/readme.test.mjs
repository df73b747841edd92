// The examples of README.md, as they stand there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, '..', 'node_modules');
const readme = readFileSync(join(modules, 'tracker-mock', 'README.md'), 'utf8');
const examples = Object.fromEntries(
  [...readme.matchAll(/`([\w.]+)`[^`]*:\n\n```js\n(.*?)```/gs)].map(([, name, text]) => [name, text]),
);

function run(name, files, ...args) {
  const folder = join(here, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const done = spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' });
  assert.equal(done.status, 0, done.stdout + done.stderr);
  return stripVTControlCharacters(done.stdout + done.stderr);
}

test('there are three examples', () => {
  assert.deepEqual(Object.keys(examples), ['upload.test.mjs', 'upload.test.js', 'vitest.config.js']);
});

test('node:test', () => {
  assert.match(
    run('readme-node', { 'upload.test.mjs': examples['upload.test.mjs'] }, '--test', 'upload.test.mjs'),
    /pass 1\n/,
  );
});

test('node:test, with one server for all files', () => {
  const program = createRequire(join(here, 'x.js'))
    .resolve('tracker-mock/package.json')
    .replace('package.json', 'bin/tracker-mock.js');
  const files = { 'upload.test.mjs': examples['upload.test.mjs'], 'other.test.mjs': examples['upload.test.mjs'] };
  const output = run('readme-run', files, program, 'run', '--strict', '--', process.execPath, '--test');
  assert.match(output, /tracker-mock: 6 requests, 6 uploads, 4 faults fired, 0 deviations, \d worlds/);
});

test('Vitest', () => {
  const files = {
    'upload.test.js': examples['upload.test.js'],
    'vitest.config.js': examples['vitest.config.js'],
    'package.json': '{"type": "module"}',
  };
  assert.match(run('readme-vitest', files, join(modules, 'vitest', 'vitest.mjs'), 'run'), /Tests +1 passed \(1\)/);
});

test('Jest', () => {
  // Jest's own way of making CommonJS of `import`, babel-jest, needs a preset that is not among what is installed.
  const text = examples['upload.test.js']
    .split('\n')
    .slice(1)
    .join('\n')
    .replace(/import (.*) from (.*);/, 'const $1 = require($2);');
  const files = {
    'upload.test.js': text,
    'jest.config.js': "module.exports = { globalSetup: 'tracker-mock/global-setup' };",
  };
  assert.match(run('readme-jest', files, join(modules, 'jest', 'bin', 'jest.js')), /Tests: +1 passed, 1 total/);
});

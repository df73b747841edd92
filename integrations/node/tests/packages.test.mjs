// The tarballs as a project gets them: installed in an empty folder without a network, started, and typed.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, '..', 'node_modules');
const tarballs = process.env.TARBALLS.split(delimiter);
const version = JSON.parse(readFileSync(join(modules, 'tracker-mock', 'package.json'), 'utf8')).version;
const folder = mkdtempSync(join(tmpdir(), 'tracker-mock-npm-'));
after(() => rmSync(folder, { recursive: true }));

// An empty cache, and no network where the system can take it away; elsewhere npm is told to do without.
const env = {
  ...process.env,
  npm_config_cache: join(folder, 'cache'),
  npm_config_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
};
const alone = spawnSync('unshare', ['--net', 'true']).status === 0 ? ['unshare', '--net'] : [];
function npm(cwd, ...args) {
  const [command, ...rest] = [...alone, ...args];
  return execFileSync(command, rest, { cwd, env, encoding: 'utf8', stdio: 'pipe' });
}

const project = join(folder, 'project');
mkdirSync(project);
writeFileSync(join(project, 'package.json'), '{"name": "empty", "private": true}');
npm(project, 'npm', 'install', '--save-dev', ...tarballs);

test('npx starts the program of an installed package', () => {
  assert.equal(npm(project, 'npx', '--no-install', 'tracker-mock', '--version'), `tracker-mock ${version}\n`);
  assert.equal(existsSync(join(project, 'node_modules', 'tracker-mock-linux-arm64')), false);
});

test('npx starts it from the tarballs', () => {
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  const packages = tarballs.flatMap((tarball) => ['--package', tarball]);
  assert.equal(npm(empty, 'npx', '--yes', ...packages, 'tracker-mock', '--version'), `tracker-mock ${version}\n`);
});

test('the start script hands on streams, exit codes and signals', async () => {
  const script = join(project, 'node_modules', '.bin', 'tracker-mock');
  const wrong = spawnSync(script, ['--prot', '1'], { encoding: 'utf8' });
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /unexpected argument '--prot'/);
  const server = spawn(script, ['--port', '0', '--log-level', 'off'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(server.stdout), 'line');
  assert.match(line, /^tracker-mock listening on http:\/\/127\.0\.0\.1:\d+$/);
  server.kill('SIGTERM');
  assert.deepEqual(await once(server, 'exit'), [0, null]);
});

test('a platform without a package is told what to do', () => {
  const bare = join(folder, 'bare', 'node_modules');
  cpSync(join(project, 'node_modules', 'tracker-mock'), join(bare, 'tracker-mock'), { recursive: true });
  const script = join(bare, 'tracker-mock', 'bin', 'tracker-mock.js');
  const run = (extra) =>
    spawnSync(process.execPath, [script, '--version'], { encoding: 'utf8', env: { ...process.env, ...extra } });
  const { status, stderr } = run({});
  assert.equal(status, 2);
  assert.equal(
    stderr,
    `tracker-mock: the package tracker-mock-${process.platform}-${process.arch}, which holds the program, is not installed. Install it ` +
      'without --omit=optional, or build the program with cargo and set TRACKER_MOCK_BIN to its path.\n',
  );
  const program = execFileSync(process.execPath, ['-p', "require('tracker-mock').binary()"], {
    cwd: project,
    encoding: 'utf8',
  }).trim();
  assert.equal(run({ TRACKER_MOCK_BIN: program }).stdout, `tracker-mock ${version}\n`);
});

test('require and import give the same', () => {
  const names = (name) => {
    const show =
      'console.log(JSON.stringify([Object.keys(one).filter((name) => name !== "default" && name !== "__esModule" && name !== "module.exports").sort()]))';
    const run = (...args) => execFileSync(process.execPath, args, { cwd: project, encoding: 'utf8' });
    const required = run('-e', `const one = require('${name}'); ${show}`);
    assert.equal(run('--input-type=module', '-e', `import * as one from '${name}'; ${show}`), required);
    return JSON.parse(required)[0];
  };
  assert.deepEqual(names('tracker-mock'), ['Server', 'World', 'WorldClock', 'binary', 'start']);
  assert.deepEqual(names('tracker-mock/testing'), ['World', 'useRunner', 'useTrackerMock', 'world']);
  assert.deepEqual(names('tracker-mock/global-setup'), ['setup']);
});

test('a server ends with the process that started it, and keeps none from ending', async () => {
  const text = "const { start } = require('tracker-mock'); start().then((server) => console.log(server.url))";
  const url = execFileSync(process.execPath, ['-e', text], { cwd: project, encoding: 'utf8' }).trim();
  await gone(url);

  const killed = spawn(process.execPath, ['-e', `${text}; setInterval(() => {}, 1000)`], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [other] = await once(createInterface(killed.stdout), 'line');
  assert.equal((await fetch(`${other}/_mock/health`)).status, 200);
  killed.kill('SIGKILL');
  await gone(other);

  const stops = `(async () => { const server = await require('tracker-mock').start({ args: ['--language', 'ru'] });
    const answer = await fetch(server.url + '/v2/issues/JUNE-9', { headers: server.world('a').headers });
    await server.stop(); await server.stop();
    const after = await fetch(server.url).catch(() => 'gone');
    console.log((await answer.json()).errorMessages[0], after); })()`;
  const said = execFileSync(process.execPath, ['-e', stops], { cwd: project, encoding: 'utf8' });
  assert.equal(said, 'Задача не существует. gone\n');

  /** Connects until nobody answers. */
  async function gone(address) {
    while (
      await fetch(`${address}/_mock/health`, { headers: { Connection: 'close' } }).then(
        () => true,
        () => false,
      )
    );
  }
});

test('a program that does not start is told of', () => {
  const failure = (options) =>
    execFileSync(
      process.execPath,
      ['-e', `require('tracker-mock').start(${JSON.stringify(options)}).catch((error) => console.log(error.message))`],
      { cwd: project, encoding: 'utf8', stdio: 'pipe' },
    ).trim();
  assert.equal(failure({ binary: '/no/such' }), '/no/such cannot be run: spawn /no/such ENOENT');
  assert.match(failure({ args: ['--prot'] }), /tracker-mock ended with 2 before it was ready; see its stderr$/);
});

for (const [kind, file] of [
  ['import', 'esm.mts'],
  ['require', 'cjs.cts'],
]) {
  for (const resolution of ['NodeNext', 'Bundler', ...(kind === 'require' ? ['Node10'] : [])]) {
    test(`the types are those of ${kind}, by ${resolution}`, () => {
      // A project beside the installed package: @types/node and vitest are those of the tests.
      const sources = join(here, 'types');
      const module = resolution === 'Bundler' ? 'Preserve' : resolution === 'Node10' ? 'CommonJS' : resolution;
      // What the types themselves rest on is checked once.
      const lib = file === 'esm.mts' && resolution === 'NodeNext' ? [] : ['--skipLibCheck'];
      const args = [
        '--noEmit',
        ...lib,
        '--strict',
        '--target',
        'ES2022',
        '--types',
        'node',
        '--module',
        module,
        '--moduleResolution',
        resolution,
      ];
      const done = spawnSync(process.execPath, [join(modules, 'typescript', 'bin', 'tsc'), ...args, file], {
        cwd: sources,
        encoding: 'utf8',
      });
      assert.equal(done.status, 0, done.stdout);
    });
  }
}

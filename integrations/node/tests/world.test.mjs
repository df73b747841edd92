// What a World does, asked of the real server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start, World } from 'tracker-mock';
import { useTrackerMock, world } from 'tracker-mock/testing';
import { attach, clients, upload } from './client.cjs';

/** A text without what is new in each run. */
const plain = (text) =>
  text
    .replaceAll(/world [a-z0-9-]+ at/g, 'world ORG at')
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'URL')
    .replaceAll(/^( *)#\d+/gm, '$1#N')
    .replaceAll(/( -H '[^']*')+/g, ' HEADERS');
const message = async (promise) =>
  plain(
    (
      await promise.then(
        () => assert.fail('this should have failed'),
        (error) => error,
      )
    ).message,
  );

for (const [name, client] of Object.entries(clients)) {
  test(`${name}: a file is uploaded, attached, and told of`, async (t) => {
    const mock = await world(t);
    const { data } = await client.upload(mock, 'Hello, Tracker!\n', 'hello.txt');
    assert.equal((await client.attach(mock, data.id)).status, 200);
    await mock.assertUploaded('hello.txt', { content: 'Hello, Tracker!\n', attempts: 1 });
    await mock.assertUploaded('hello.txt', { content: Buffer.from('Hello, Tracker!\n') });
    await mock.assertAttached('hello.txt');
    await mock.assertAttached('hello.txt', { to: 'project/4', times: 1 });
    await mock.assertNotified();
    await mock.assertNotified({
      to: ['lead', 'client'],
      about: 'project/4',
      file: 'hello.txt',
      event: 'fileAdded',
      times: 1,
    });
    assert.deepEqual(
      (await mock.uploads()).map((one) => one.upload.parts[0].filename),
      ['hello.txt'],
    );
    assert.equal((await mock.outbox())[0].recipients.length, 5);
  });
}

test('a world says where its client goes', async (t) => {
  const mock = await world(t);
  const { host, hostname, port } = new URL(mock.url);
  assert.match(mock.org, /^a-world-says-where-its-client-goes-[0-9a-f]{8}$/);
  assert.deepEqual(mock.headers, { Authorization: 'OAuth any-token', 'X-Org-ID': mock.org });
  assert.deepEqual(mock.env({ API: '{url}/v2', WHERE: '{host}:{port}', WHO: '{org} {token} {other}' }), {
    TRACKER_MOCK_URL: `http://${host}`,
    TRACKER_MOCK_ORG: mock.org,
    TRACKER_MOCK_TOKEN: 'any-token',
    API: `http://${host}/v2`,
    WHERE: `${hostname}:${port}`,
    WHO: `${mock.org} any-token {other}`,
  });
});

test('faults: armed behind each other, disarmed, and seen', async (t) => {
  const mock = await world(t, { faults: ['flaky-503'], allow: ['fault-never-fired'] });
  await mock.arm({ name: 'full', do: { status: 507 }, times: 1 }, 'rate-limit');
  const statuses = [];
  for (let sent = 0; sent < 4; sent += 1) statuses.push((await upload(mock, 'text', 'a.txt')).status);
  await mock.disarm();
  statuses.push((await upload(mock, 'text', 'a.txt')).status);
  assert.deepEqual(statuses, [503, 503, 507, 429, 201]);
  await mock.assertUploaded('a.txt', { attempts: 5 });
  assert.equal((await mock.requests({ status: '5xx' })).length, 3);
  assert.equal(
    (await mock.requests({ operation: ['upload_temp_file', 'get_issue'], header: { 'x-org-id': mock.org }, limit: 2 }))
      .length,
    2,
  );
  await assert.rejects(mock.arm({ preset: 'flaky' }), { message: /^POST \/_mock\/faults: .*flaky/ });
});

test('waiting ends with what came, or says what came close', async (t) => {
  const mock = await world(t);
  const waiting = mock.waitFor({ operation: 'upload_temp_file' }, { count: 2 });
  await Promise.all([upload(mock, '1', 'one.txt'), upload(mock, '2', 'two.txt')]);
  assert.deepEqual(
    (await waiting).map((one) => one.status),
    [201, 201],
  );
  assert.match(
    await message(mock.waitFor({ file: 'three.txt' }, { timeout: '10ms' })),
    /^Expected at least 1 request with file three\.txt; seen 0 among 2 in the journal\. The nearest other one is request \d+/,
  );
});

test('files, entities and issues are those that are stored', async (t) => {
  const mock = await world(t);
  await upload(mock, 'loose', 'loose.txt');
  const { data } = await upload(mock, 'new', 'new.txt', '/v2/issues/JUNE-3/attachments');
  const files = (await mock.files()).map(({ name, at, content }) => [
    name,
    at,
    content.subarray(0, 5).toString('latin1'),
  ]);
  assert.deepEqual(files, [
    ['loose.txt', 'temporary', 'loose'],
    ['notes.txt', 'project/6', 'A tex'],
    ['схема.png', 'project/6', '\x89PNG\r'],
    ['report.csv', 'JUNE-2', 'name,'],
    ['alpha.txt', 'JUNE-2/comments/1', 'alpha'],
    ['new.txt', 'JUNE-3', 'new'],
  ]);
  assert.equal((await mock.entity('project/4')).fields.summary, 'Project without files');
  assert.equal((await mock.entity('6586d6fee2b9ef74e69df1ef')).shortId, 4);
  assert.deepEqual(
    (await mock.issue('JUNE-3')).attachments.map((one) => one.id),
    [data.id],
  );
  assert.equal(await message(mock.entity('goal/9')), 'There is no entity goal/9 in this world.');
  assert.equal(await message(mock.issue('JUNE-9')), 'There is no issue JUNE-9 in this world.');
});

test('clock and seed make answers that repeat', async (t) => {
  const answers = [];
  for (const sub of [1, 2]) {
    const mock = await world(t, { clock: { mode: 'tick', at: '2026-03-01T12:00:00.000+0000', step: '1s' }, seed: 7 });
    const headers = { ...mock.headers, 'Content-Type': 'application/json' };
    const path = '/v2/issues/JUNE-2/comments';
    const answer = await fetch(mock.url + path, { method: 'POST', headers, body: '{"text": "Hello"}' });
    answers.push(await answer.text());
    assert.deepEqual(
      await mock.clock.freeze('2026-01-01T00:00:00.000+0000'),
      { mode: 'freeze', now: '2026-01-01T00:00:00.000+0000' },
      `run ${sub}`,
    );
    assert.equal((await mock.clock.advance('90s')).now, '2026-01-01T00:01:30.000+0000');
    assert.equal((await mock.clock.tick('2s')).step, '2s');
    assert.equal((await mock.clock.run()).mode, 'run');
    assert.equal((await mock.clock.get()).mode, 'run');
  }
  assert.equal(answers[0], answers[1]);
  assert.equal(JSON.parse(answers[0]).createdAt, '2026-03-01T12:00:00.000+0000');
});

test('snapshots, states and resets', async (t) => {
  const mock = await world(t);
  const { data } = await upload(mock, 'text', 'kept.txt');
  await mock.snapshot();
  await mock.snapshot('a/b');
  await attach(mock, data.id);
  const state = await mock.state();
  await mock.restore();
  await mock.restore('a/b');
  assert.equal((await mock.files())[0].at, 'temporary');
  const copy = await world(t, { state });
  await copy.assertAttached('kept.txt', { to: 'project/4' });
  await mock.load(state);
  await mock.assertAttached('kept.txt', { to: 'project/4' });
  await mock.reset();
  await mock.assertAttached('kept.txt', { times: 0 });
  await assert.rejects(mock.restore('none'), { message: /^POST \/_mock\/snapshots\/none\/restore: / });
  await assert.rejects(mock.load({ users: [] }), { message: /^PUT \/_mock\/state: / });
});

test('assertUploaded shows the nearest requests and what differs', async (t) => {
  const mock = await world(t, { faults: [{ name: 'full', skip: 1, times: 1, do: { status: 507 } }] });
  assert.equal(
    await message(mock.assertUploaded('a.txt')),
    'No upload of "a.txt" was accepted.\nThe client sent no request to this world.',
  );
  await fetch(`${mock.url}/v2/issues/JUNE-2`, { headers: mock.headers });
  assert.equal(
    await message(mock.assertUploaded('a.txt')),
    'No upload of "a.txt" was accepted.\nNo request came near. The last ones:\n  #N GET /v2/issues/JUNE-2 -> 200  get_issue',
  );
  await upload(mock, '12345', 'b*.txt');
  await upload(mock, '12345', 'b*.txt');
  const { data } = await upload(mock, '12345', 'c.txt');
  await mock.assertUploaded('b*.txt', { content: '12345', attempts: 2 });
  assert.equal(
    await message(mock.assertUploaded('b*.txt', { content: '12x45', attempts: 1 })),
    `No upload of "b*.txt" with 5 bytes in 1 attempt was accepted.
The nearest requests:
  #N POST /v2/attachments/ -> 201  upload_temp_file
      its name is "c.txt" and not "b*.txt"
      from byte 2 on it sent "345" and not "x45"
  #N POST /v2/attachments/ -> 201  upload_temp_file  attempt 2 of 2
      from byte 2 on it sent "345" and not "x45"
      it took 2 attempts and not 1
  #N POST /v2/attachments/ -> 507  upload_temp_file  attempt 1 of 2
      it was answered 507, by the fault full
      its bytes are not stored, so that only their number can be compared
      it took 2 attempts and not 1`,
  );
  assert.match(
    await message(mock.assertUploaded('c.txt', { content: '1234' })),
    /#N .*\n {6}it sent 5 bytes and not 4\n/,
  );
  assert.equal(data.name, 'c.txt');
});

test('assertAttached says what is where', async (t) => {
  const mock = await world(t);
  const { data } = await upload(mock, 'text', 'a.txt');
  assert.equal(
    await message(mock.assertAttached('a.txt', { to: 'JUNE-2' })),
    `"a.txt" is attached to JUNE-2 0 times and not at least once.
  "a.txt" is temporary, as file 30
  "report.csv" is attached to JUNE-2, as file 7
  "alpha.txt" is attached to JUNE-2/comments/1, as file 8
The nearest requests:
  #N POST /v2/attachments/ -> 201  upload_temp_file
      it uploads a temporary file, which a later request has to attach`,
  );
  await attach(mock, data.id);
  assert.deepEqual(
    (await mock.assertAttached('a.txt')).map(({ id, at }) => [id, at]),
    [['30', 'project/4']],
  );
  await mock.assertAttached('a.txt', { to: '6586d6fee2b9ef74e69df1ef', times: 1 });
  const { id } = await mock.entity('project/4');
  await attach(mock, (await upload(mock, 'text', 'b.txt')).data.id, `project/${id}`);
  assert.equal(
    await message(mock.assertAttached('a.txt', { to: 'project/4', times: 2 })),
    `"a.txt" is attached to project/4 1 time and not 2 times.
  "a.txt" is attached to project/4, as file 30
  "b.txt" is attached to project/4, as file 31
The nearest requests:
  #N POST /v2/entities/project/4/attachments/30 -> 200  attach_file
  #N POST /v2/entities/project/6586d6fee2b9ef74e69df1ef/attachments/31 -> 200  attach_file
      its file is "b.txt" and not "a.txt"
  #N POST /v2/attachments/ -> 201  upload_temp_file
      it uploads a temporary file, which a later request has to attach
  #N POST /v2/attachments/ -> 201  upload_temp_file
      its file is "b.txt" and not "a.txt"
      it uploads a temporary file, which a later request has to attach`,
  );
});

test('assertNotified shows the outbox', async (t) => {
  const mock = await world(t);
  await mock.assertNotified({ times: 0 });
  assert.equal(
    await message(mock.assertNotified()),
    '0 such notifications of 0 in the outbox; at least one was expected.\nThe client sent no request to this world.',
  );
  await attach(mock, (await upload(mock, 'text', 'a.txt')).data.id);
  assert.equal(
    await message(mock.assertNotified({ to: ['author', 'lead'], file: 'b.txt', times: 2 })),
    `0 such notifications of 1 in the outbox; 2 were expected.
  fileAdded "a.txt" of project 6586d6fee2b9ef74e69df1ef: it went to lead, team-1, team-2, client, follower and not to author; its file is "a.txt" and not "b.txt"
The nearest requests:
  #N POST /v2/entities/project/4/attachments/30 -> 200  attach_file`,
  );
});

test('the report tells of retries, faults and deviations, and of the newest 50 requests', async (t) => {
  const faults = [
    { name: 'once', times: 1, do: { status: 503 } },
    { times: 1, match: { file: 'b.txt' }, do: { status: 500 } },
  ];
  const mock = await world(t, { faults, allow: ['unknown-parameter', 'fault-never-fired'] });
  assert.equal(
    await lines(mock),
    'world ORG at URL\nno request\narmed, but never fired: once\narmed, but never fired: rule 1',
  );
  await upload(mock, 'text', 'a.txt', '/v2/attachments/?filenam=b');
  await upload(mock, 'text', 'a.txt', '/v2/attachments/?filenam=b');
  const headers = { ...mock.headers, 'Content-Type': 'multipart/form-data; boundary=b' };
  await fetch(`${mock.url}/v2/attachments/`, { method: 'POST', headers, body: '--b' });
  assert.equal(
    await lines(mock),
    `world ORG at URL
#N POST /v2/attachments/?filenam=b -> 503  upload_temp_file  attempt 1 of 2
    part name="file" filename="a.txt": text/plain, 4 bytes
    fault once: status 503
    unknown-parameter: The parameter "filenam" is not documented for upload_temp_file and was ignored; did you mean "filename"?
    curl -X POST 'URL/v2/attachments/?filenam=b' HEADERS -F 'file=@"a.txt";filename="a.txt";type=text/plain'
#N POST /v2/attachments/?filenam=b -> 201  upload_temp_file  attempt 2 of 2
    part name="file" filename="a.txt": text/plain, 4 bytes
    unknown-parameter: The parameter "filenam" is not documented for upload_temp_file and was ignored; did you mean "filename"?
    curl -X POST 'URL/v2/attachments/?filenam=b' HEADERS -F 'file=@"a.txt";filename="a.txt";type=text/plain'
#N POST /v2/attachments/ -> 400  upload_temp_file
    refused: The multipart body ends before its closing boundary, or has another boundary than Content-Type says.
    curl -X POST 'URL/v2/attachments/' HEADERS
armed, but never fired: rule 1`,
  );
  for (let sent = 0; sent < 50; sent += 1) await fetch(`${mock.url}/v2/issues/JUNE-2`, { headers: mock.headers });
  const long = (await mock.report()).split('\n');
  assert.equal(long[1], 'the newest 50 requests:');
  assert.equal(long.filter((line) => line.startsWith('#')).length, 50);

  async function lines(of) {
    return plain(await of.report());
  }
});

test('a fault that was disarmed before it fired is found too', async (t) => {
  const mock = await world(t, { unfired: true, faults: ['rate-limit'] });
  await mock.disarm();
  assert.deepEqual(await mock.findings(), [
    'fault-never-fired: the fault "rate-limit" was disarmed and had never fired',
  ]);
  assert.deepEqual(await mock.findings(['fault-never-fired']), []);
});

test('records that the journal dropped are found', async (t) => {
  const server = await start({ args: ['--journal-records', '1'] });
  t.after(() => server.stop());
  const mock = server.world('dropped');
  for (const name of ['a.txt', 'b.txt']) await upload(mock, 'text', name);
  const [finding, ...others] = await mock.findings();
  assert.match(finding, /^records-dropped: /);
  assert.deepEqual(others, []);
  assert.deepEqual(await mock.findings(['records-dropped']), []);
});

test('a server that is not there is told of', async () => {
  await assert.rejects(new World('http://127.0.0.1:1', 'none').requests(), {
    message: 'tracker-mock at http://127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1',
  });
});

test('useTrackerMock is not for node:test', () => {
  assert.throws(() => useTrackerMock(), {
    message: 'useTrackerMock() is for Vitest and Jest, in a test file. With node:test, use `await world(t)`.',
  });
});

test('the world of a test is forgotten, but not on a server that somebody else has started', async (t) => {
  const one = async (name) => {
    let made;
    await t.test(name, async (inner) => {
      made = await world(inner);
      await upload(made, 'text', 'a.txt');
    });
    const worlds = await (await fetch(`${made.url}/_mock/worlds`)).json();
    return [made.url, worlds.some(({ org }) => org === made.org)];
  };
  const [url, isKept] = await one('a server of ours');
  assert.equal(isKept, false);
  process.env.TRACKER_MOCK_URL = `${url}/`;
  t.after(() => delete process.env.TRACKER_MOCK_URL);
  assert.deepEqual(await one('a server at an address'), [url, true]);
});

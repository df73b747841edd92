// The tabs of a world: each button once, and the world behind it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { PROJECT, Server, becomes, close, eventually, launch, open, says } from './bench.mjs';

let server, browser;
before(async () => {
  server = await Server.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg==';

test('a tab of one world asks for a world', async () => {
  const page = await open(browser, server, '#/*/files');
  await page.getByTestId('choose-world').waitFor();
  await close(page);
});

test('files are listed with what holds them, dropped, chosen and downloaded', async () => {
  const org = 'files';
  const page = await open(browser, server, `#/${org}/files`);
  await eventually(async () => assert.ok((await page.getByTestId('files').locator('tbody tr').count()) >= 4), page);
  const before = (await server.mock(`files?org=${org}`)).length;

  // A drop is a real upload through the real endpoint.
  const dropped = await page.evaluateHandle(dot => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(dot), one => one.charCodeAt(0))], 'dropped.png', { type: 'image/png' }));
    data.items.add(new File(['second'], 'second.txt', { type: 'text/plain' }));
    return data;
  }, DOT);
  for (const kind of ['dragover', 'drop']) await page.getByTestId('drop').dispatchEvent(kind, { dataTransfer: dropped });
  await becomes(page, async () => (await server.mock(`files?org=${org}`)).length, before + 2);
  const uploads = (await server.journal(org)).map(record => [record.operation, record.status, record.upload.name.value]);
  assert.deepEqual(uploads, [['upload_temp_file', 201, 'dropped.png'], ['upload_temp_file', 201, 'second.txt']]);
  const [second, image] = await server.mock(`files?org=${org}`);
  const row = page.getByTestId(`file-${image.id}`);
  await eventually(async () => assert.ok(await row.locator('img').evaluate(one => one.complete && one.naturalWidth > 0)), page);
  assert.match(await row.textContent(), /dropped\.png.*temporary/);

  // A file that is chosen, by a user whose token says who it is.
  await page.getByTestId('token').fill('lead-token');
  await page.getByTestId('choose').setInputFiles({ name: 'chosen.txt', mimeType: 'text/plain', buffer: Buffer.from('chosen') });
  await becomes(page, async () => (await server.mock(`files?org=${org}`))[0].createdBy, 'lead');

  const download = page.waitForEvent('download');
  await page.getByTestId(`download-${second.id}`).click();
  const saved = await download;
  assert.equal(saved.suggestedFilename(), 'second.txt');
  assert.equal(readFileSync(await saved.path(), 'utf8'), 'second');

  // What the API refuses is said.
  await server.mock(`faults?org=${org}`, 'PUT', { rules: [{ match: { operation: 'upload_temp_file' }, do: { status: 507 }, times: 1 }] });
  await page.getByTestId('choose').setInputFiles({ name: 'refused.txt', mimeType: 'text/plain', buffer: Buffer.from('no') });
  await eventually(async () => assert.match((await page.getByTestId('problem').allTextContents()).join(''), /507/), page);
  await close(page);
});

test('the outbox says who would have been told, and why', async () => {
  const org = 'outbox';
  const { id } = await server.upload(org, 'news.txt', 'text').then(answer => answer.json());
  await server.send(org, 'POST', `/v2/entities/project/${PROJECT}/attachments/${id}?notifyAuthor=true`);
  const [told] = await server.mock(`outbox?org=${org}`);
  const page = await open(browser, server, `#/${org}/outbox`);
  await says(page, 'outbox', new RegExp(`news.txt.*${PROJECT}`));
  const people = await page.getByTestId('outbox').locator('li').allTextContents();
  assert.deepEqual(people, told.recipients.map(({ user, roles }) => `${user.display} ${user.login}: ${roles.join(', ')}`));
  await close(page);
});

test('presets are switches', async () => {
  const org = 'presets';
  const page = await open(browser, server, `#/${org}/faults`);
  const armed = async () => (await server.mock(`faults?org=${org}`)).rules.map(({ rule }) => rule.preset);
  const { presets } = await server.mock('faults/presets');
  for (const [index, { preset }] of presets.entries()) {
    await page.getByTestId(`preset-${preset}`).click();
    await becomes(page, armed, presets.slice(0, index + 1).map(one => one.preset));
    await eventually(async () => assert.equal(await page.getByTestId(`preset-${preset}`).getAttribute('aria-checked'), 'true'), page);
  }
  await page.getByTestId('preset-flaky-503').click();
  await becomes(page, armed, presets.map(one => one.preset).filter(one => one !== 'flaky-503'));
  await page.getByTestId('disarm-0').click();
  await becomes(page, armed, ['lost-answer', 'slow-upload', 'truncated-download']);
  await page.getByTestId('disarm-all').click();
  await becomes(page, armed, []);
  await close(page);
});

test('a rule is made by a form, and one that never fired is red', async () => {
  const org = 'rules';
  const page = await open(browser, server, `#/${org}/faults`);
  const fill = async values => {
    for (const [name, value] of Object.entries(values)) {
      const field = page.getByTestId(`rule-${name}`);
      await ((await field.evaluate(one => one.tagName)) === 'SELECT' ? field.selectOption(value) : field.fill(value));
    }
    await page.getByTestId('rule-go').click();
  };
  await eventually(async () => assert.ok((await page.getByTestId('rule-operation').locator('option').count()) > 50), page);
  await fill({ name: 'late', operation: 'upload_temp_file', file: '*.png', at: 'afterFileBytes', offset: '2', status: '503', delay: '1ms', times: '2', skip: '0' });
  const rules = async () => (await server.mock(`faults?org=${org}`)).rules;
  await becomes(page, async () => (await rules()).map(({ rule }) => rule), [
    { name: 'late', match: { operation: 'upload_temp_file', file: '*.png' }, skip: 0, times: 2, at: { request: { afterFileBytes: 2 } }, do: { delay: '1ms', status: 503 } }]);
  const row = page.getByTestId('rule-0');
  await eventually(async () => assert.match(await row.textContent(), /never fired/), page);
  await becomes(page, () => row.evaluate(one => one.classList.contains('never')), true);
  assert.equal((await server.upload(org, 'a.png', 'picture')).status, 503);
  await eventually(async () => assert.doesNotMatch(await row.textContent(), /never fired/), page);
  // A wrong rule is refused, and nothing changes.
  await fill({ status: '99' });
  await eventually(async () => assert.match((await page.getByTestId('problem').allTextContents()).join(''), /status/), page);
  assert.equal((await rules()).length, 1);
  await close(page);
});

test('a cell of the coverage leads to its requests', async () => {
  const org = 'covered';
  await server.send(org, 'GET', '/v2/attachments/999');
  await server.send(org, 'GET', '/v2/myself');
  const page = await open(browser, server, `#/${org}/coverage`);
  const { percent } = await server.mock(`coverage?org=${org}`);
  await says(page, 'percent', new RegExp(`^${percent} %`));
  await says(page, 'cell-get_attachment-404', /^1$/);
  await page.getByTestId('cell-get_attachment-404').click();
  await eventually(async () => assert.equal(await page.locator('[data-testid=requests] tbody tr').count(), 1), page);
  await becomes(page, () => page.getByTestId('filter').inputValue(), 'operation:get_attachment status:404');
  await page.getByTestId('tab-coverage').click();
  await page.getByTestId('clear-coverage').click();
  await says(page, 'percent', /^0 %/);
  assert.equal((await server.mock(`coverage?org=${org}`)).reached, 0);
  await close(page);
});

test('clock and seed are set', async () => {
  const org = 'clock';
  const page = await open(browser, server, `#/${org}/clock`);
  await says(page, 'clock', /^run/);
  await page.getByTestId('clock-mode').selectOption('tick');
  await page.getByTestId('clock-at').fill('2030-01-01T00:00:00.000+0000');
  await page.getByTestId('clock-step').fill('2s');
  await page.getByTestId('clock-go').click();
  await says(page, 'clock', /^tick 2030-01-01T00:00:00.000\+0000, step 2s/);
  assert.deepEqual(await server.mock(`clock?org=${org}`), { mode: 'tick', now: '2030-01-01T00:00:00.000+0000', step: '2s' });
  await page.getByTestId('advance-advance').fill('1h');
  await page.getByTestId('advance-go').click();
  await says(page, 'clock', /2030-01-01T01:00:00/);
  await server.mock(`clock?org=${org}`, 'PUT', { mode: 'freeze', at: '2031-01-01T00:00:00.000+0000' });
  await page.getByTestId('read-clock').click();
  await says(page, 'clock', /^freeze 2031/);
  await page.getByTestId('advance-advance').fill('soon');
  await page.getByTestId('advance-go').click();
  await eventually(async () => assert.match((await page.getByTestId('problem').allTextContents()).join(''), /advance/), page);
  await page.getByTestId('ids-seed').fill('42');
  await page.getByTestId('ids-go').click();
  await says(page, 'seed', /42/);
  assert.equal((await server.mock(`ids?org=${org}`)).seed, 42);
  assert.match(await page.getByTestId('counters').textContent(), /nextFile/);
  await close(page);
});

test('the state is downloaded, loaded, kept in snapshots and reset', async () => {
  const org = 'state';
  const page = await open(browser, server, `#/${org}/state`);
  const names = async () => (await server.mock(`files?org=${org}`)).map(file => file.name);
  const fixtures = await names();
  await server.upload(org, 'one.txt', '1');
  const download = page.waitForEvent('download');
  await page.getByTestId('state-download').click();
  const saved = await download;
  assert.equal(saved.suggestedFilename(), 'state.json');
  const document = readFileSync(await saved.path());
  assert.ok(document.includes('one.txt'));

  await page.getByTestId('snapshot-name').fill('with one');
  await page.getByTestId('snapshot-go').click();
  await says(page, 'snapshots', /with one/);
  assert.deepEqual(await server.mock(`snapshots?org=${org}`), [{ name: 'with one' }]);
  await server.upload(org, 'two.txt', '2');
  await page.getByTestId('restore-with one').click();
  await becomes(page, names, ['one.txt', ...fixtures]);
  await page.getByTestId('delete-with one').click();
  await becomes(page, () => server.mock(`snapshots?org=${org}`), []);

  await page.getByTestId('reset').click();
  assert.deepEqual(await names(), ['one.txt', ...fixtures], 'it asks first');
  await page.getByTestId('reset').click();
  await becomes(page, names, fixtures);
  await page.getByTestId('state-load').setInputFiles({ name: 'state.json', mimeType: 'application/json', buffer: document });
  await becomes(page, names, ['one.txt', ...fixtures]);
  await says(page, 'done', /Loaded/);
  // A wrong document changes nothing.
  await page.getByTestId('state-load').setInputFiles({ name: 'wrong.json', mimeType: 'application/json', buffer: Buffer.from('{"users": 3}') });
  await eventually(async () => assert.match((await page.getByTestId('problem').allTextContents()).join(''), /users/), page);
  assert.deepEqual(await names(), ['one.txt', ...fixtures]);
  await close(page);
});

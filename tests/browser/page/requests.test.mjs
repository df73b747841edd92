// The list of requests and the chosen one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { PROJECT, Server, becomes, clipboard, close, eventually, launch, open, says } from './bench.mjs';

let server, browser;
before(async () => {
  server = await Server.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const rows = page => page.locator('[data-testid=requests] tbody tr');
const shows = (page, count) => eventually(async () => assert.equal(await rows(page).count(), count), page);
const filter = async (page, words) => {
  await page.getByTestId('filter').fill(words);
  await page.getByTestId('apply-filter').click();
};

test('a request appears by itself, newest first, and its world with it', async () => {
  const page = await open(browser, server, '#/live/requests');
  await page.getByTestId('empty').waitFor();
  await server.send('live', 'GET', '/v2/myself');
  await server.send('live', 'GET', '/v2/attachments/999');
  await shows(page, 2);
  const [newest] = await server.journal('live').then(all => all.reverse());
  assert.deepEqual((await rows(page).first().locator('td').allTextContents()).map(text => text.trim()).slice(1, 4), [
    'GET /v2/attachments/999get_attachment', '404', '']);
  await page.getByTestId(`request-${newest.id}`).waitFor();
  await says(page, 'count', /^2 requests$/);
  await eventually(async () => assert.match((await page.getByTestId('world').allTextContents()).join('|'), /live\s*2/), page);
  await page.getByTestId('world').filter({ hasText: 'All worlds' }).click();
  await eventually(async () => assert.ok((await rows(page).count()) >= 2), page);
  assert.ok(page.url().endsWith('#/*/requests'));
  await close(page);
});

test('the attempts of an upload are one row, and one picture shows how they differ', async () => {
  const org = 'retries';
  await server.mock(`faults?org=${org}`, 'PUT', { rules: [{ match: { operation: 'upload_temp_file' }, at: { request: 'before-closing-boundary' }, times: 2, do: { status: 503 } }] });
  await server.upload(org, 'a.bin', 'x'.repeat(5000));
  await server.upload(org, 'a.bin', '');
  await server.upload(org, 'a.bin', 'x'.repeat(5000));
  const [first, second, third] = (await server.journal(org)).map(record => record.id);
  const page = await open(browser, server, `#/${org}/requests`);
  await shows(page, 1);
  const fold = page.getByTestId(`attempts-${third}`);
  assert.match(await fold.textContent(), /^3\/3/);
  await fold.click();
  await shows(page, 3);
  await fold.click();
  await shows(page, 1);
  await page.getByTestId(`request-${third}`).click();
  for (const id of [first, second, third]) await page.getByTestId(`bar-${id}`).waitFor();
  await says(page, `differs-${second}`, /0 of 5,000 bytes/);
  assert.equal(await page.getByTestId(`differs-${third}`).textContent(), 'the same bytes');
  assert.equal(await page.getByTestId(`differs-${first}`).count(), 0, 'nothing is compared with itself');
  // Both bars have one scale: the empty attempt is much shorter.
  const width = async id => (await page.getByTestId(`bar-${id}`).locator('.piece').last().boundingBox()).x;
  assert.ok((await width(third)) - (await width(second)) > 200);
  // The deviation is told, with its rule and the evidence.
  await page.goto(`${server.url}/_mock/#/${org}/request/${second}`);
  const deviations = page.getByTestId('deviations');
  await eventually(async () => assert.match(await deviations.textContent(), /retry-empty/), page);
  await deviations.getByTestId('evidence').click();
  await deviations.getByText('all of it').waitFor();
  await close(page);
});

test('what was sent is shown in full: parts, name, digests, thumbnail, exchange', async () => {
  const org = 'detail';
  const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg==', 'base64');
  await server.upload(org, 'dot.png', png, 'image/png');
  await server.form(org, 'before\r\n--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="x.txt"\r\n\r\ntext\r\n--b--\r\nafter', '?filename=won.txt');
  await server.form(org, '--b\r\nContent-Disposition: form-data; name="file"; filename="cut.txt"\r\n\r\ntext');
  const [image, named, broken] = (await server.journal(org)).map(record => record.id);
  const page = await open(browser, server, `#/${org}/request/${image}`);
  await eventually(async () => assert.ok(await page.getByTestId('thumbnail').evaluate(one => one.naturalWidth > 0)), page);
  await page.goto(`${server.url}/_mock/#/${org}/request/${named}`);
  await says(page, 'name', /won\.txt.*\?filename=/);
  assert.deepEqual((await page.getByTestId('parts').locator('tbody tr').allTextContents()).length, 2);
  assert.match(await page.getByTestId('parts').textContent(), /982d9e3eb996/);
  assert.deepEqual((await page.locator('.legend li').allTextContents()).sort(), ['boundary', 'epilogue', 'file', 'headers', 'preamble', 'text']);
  assert.match(await page.getByTestId('exchange').textContent(), /POST \/v2\/attachments\/\?filename=won\.txt[^]*x-org-id: detail[^]*201/);
  await page.goto(`${server.url}/_mock/#/${org}/request/${broken}`);
  await says(page, 'picture', /Refused at byte 76/);
  await close(page);
});

test('each button copies the request in another form, and what it copies works', async () => {
  const org = 'copies';
  await server.upload(org, 'тест "1".txt', 'hello');
  const [{ id }] = await server.journal(org);
  const page = await open(browser, server, `#/${org}/request/${id}`);
  const copied = async name => {
    await page.getByTestId(`copy-${name}`).click();
    await eventually(async () => assert.equal(await page.getByTestId(`copy-${name}`).textContent(), 'copied'), page);
    return clipboard(page);
  };
  const text = async format => (await fetch(`${server.url}/_mock/requests/${id}?format=${format}`)).text();
  assert.equal(await copied('curl'), await text('curl'));
  assert.equal((await copied('raw')).replaceAll('\r', ''), (await text('raw')).replaceAll('\r', ''));

  const python = await copied('pytest');
  assert.match(python, /def test_request_\d+\(\):[^]*files=\{"file": \("тест %221%22\.txt", b"x" \* 5, "text\/plain"\)\}[^]*status_code == 201/);
  execFileSync('python3', ['-c', 'import sys; compile(sys.stdin.read(), "test", "exec")'], { input: python });
  const folder = mkdtempSync(join(tmpdir(), 'page-'));
  const file = join(folder, 'request.test.mjs');
  writeFileSync(file, await copied('node'));
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  execFileSync(process.execPath, ['--test', file], { env });
  const journal = await server.journal(org);
  assert.deepEqual(journal.map(record => [record.status, record.upload.parts[0].bytes]), [[201, 5], [201, 5]]);

  const link = await copied('link');
  await page.goto('about:blank');
  await page.goto(link);
  await eventually(async () => assert.match(await page.getByTestId('detail').textContent(), new RegExp(`request ${id}`)), page);
  await close(page);
});

test('the filter speaks the words of the journal', async () => {
  const org = 'filter';
  await server.upload(org, 'a b.txt', 'text');
  await server.send(org, 'GET', '/v2/attachments/999');
  await server.send(org, 'GET', `/v2/entities/project/${PROJECT}?expnd=all`);
  await server.send(org, 'GET', '/v2/myself', { headers: { Prefer: 'code=503' } });
  const page = await open(browser, server, `#/${org}/requests`);
  await shows(page, 4);
  for (const [words, count] of [['operation:upload_temp_file', 1], ['status:4xx', 1], ['file:"a b.txt"', 1], ['deviation', 1], ['fault', 1], ['method:GET', 3], ['project', 1], ['method:GET status:200', 1]]) {
    await filter(page, words);
    await shows(page, count);
    assert.equal(new URL(page.url()).hash, `#/${org}/requests?filter=${encodeURIComponent(words)}`);
  }
  // A wrong word is said to be wrong.
  await filter(page, 'status:teapot');
  await eventually(async () => assert.match(await page.getByTestId('list-problem').textContent(), /status/), page);
  // Nothing matches: what came close is shown, and leads there.
  await filter(page, 'operation:upload_temp_file status:500');
  await says(page, 'empty', /Near misses[^]*201 and not 500/);
  await page.getByTestId('empty').locator('a').first().click();
  await page.getByTestId('detail').waitFor();
  await page.goto(`${page.url()}?filter=${encodeURIComponent('operation:upload_temp_file status:500')}`);
  await says(page, 'misses', /201 and not 500/);
  await page.getByTestId('filter').fill('');
  await page.getByTestId('apply-filter').click();
  await shows(page, 4);
  await close(page);
});

test('keys alone are enough', async () => {
  const org = 'keys';
  for (const path of ['/v2/myself', '/v2/queues', '/v2/fields']) await server.send(org, 'GET', path);
  const ids = (await server.journal(org)).map(record => record.id);
  const page = await open(browser, server, `#/${org}/requests`);
  await shows(page, 3);
  const at = id => eventually(() => assert.equal(new URL(page.url()).hash, id ? `#/${org}/request/${id}` : `#/${org}/requests`), page);
  await page.keyboard.press('j');
  await at(ids[2]);
  await page.keyboard.press('j');
  await at(ids[1]);
  await page.keyboard.press('k');
  await at(ids[2]);
  await page.getByTestId('detail').waitFor();
  await page.keyboard.press('Enter');
  await becomes(page, () => page.evaluate(() => document.activeElement.dataset.testid), 'copy-curl');
  await page.keyboard.press('/');
  await becomes(page, () => page.evaluate(() => document.activeElement.id), 'filter');
  await page.keyboard.type('queues');
  await page.keyboard.press('Enter');
  await shows(page, 1);
  await page.keyboard.press('Escape');
  await becomes(page, () => page.evaluate(() => document.activeElement.tagName), 'BODY');
  await close(page);
});

test('a pause holds the list still, and clear forgets what the journal knows', async () => {
  const org = 'pause';
  await server.send(org, 'GET', '/v2/myself');
  const page = await open(browser, server, `#/${org}/requests`);
  await shows(page, 1);
  await page.getByTestId('pause').click();
  await server.send(org, 'GET', '/v2/queues');
  await says(page, 'pause', /^Go on \(1\)$/);
  assert.equal(await rows(page).count(), 1);
  await page.getByTestId('pause').click();
  await shows(page, 2);
  await page.getByTestId('clear').click();
  assert.equal((await server.journal(org)).length, 2, 'it asks first');
  await page.getByTestId('clear').click();
  await shows(page, 0);
  assert.deepEqual(await server.journal(org), []);
  await close(page);
});

test('latest follows the newest request, and one that is gone is said to be gone', async () => {
  const org = 'latest';
  await server.send(org, 'GET', '/v2/myself');
  const page = await open(browser, server, `#/${org}/request/latest`);
  const shown = text => eventually(async () => assert.match(await page.getByTestId('detail').textContent(), text), page);
  await shown(/\/v2\/myself/);
  await server.send(org, 'GET', '/v2/queues');
  await shown(/\/v2\/queues/);
  await page.goto(`${server.url}/_mock/#/${org}/request/987654`);
  await says(page, 'gone', /987654/);
  await close(page);
});

test('the page says when the server is gone and what the journal dropped, and goes on when it is back', async () => {
  const other = await Server.start('--journal-records', '5');
  for (let count = 0; count < 8; count += 1) await other.send('few', 'GET', '/v2/myself');
  const page = await open(browser, other, '#/few/requests');
  await shows(page, 5);
  await says(page, 'dropped', /^3 dropped$/);
  await other.stop();
  await says(page, 'connection', /^not connected$/);
  const again = await Server.start('--port', new URL(other.url).port);
  await again.send('few', 'GET', '/v2/queues');
  await says(page, 'connection', /^live$/);
  await shows(page, 1);
  await again.stop();
  await page.context().close();
});

test('without a journal the page says why it shows nothing', async () => {
  const off = await Server.start('--journal-records', '0');
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${off.url}/_mock/`);
  await says(page, 'why', /journal is off/);
  await context.close();
  await off.stop();
});

test('the page speaks Russian to a Russian browser, and keeps the chosen theme', async () => {
  const context = await browser.newContext({ locale: 'ru-RU', colorScheme: 'light' });
  const page = await context.newPage();
  await page.goto(`${server.url}/_mock/#/keys/requests`);
  await says(page, 'connection', /на связи/);
  await becomes(page, () => page.evaluate(() => document.documentElement.lang), 'ru');
  await says(page, 'tab-faults', /сбои/);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  for (const theme of ['light', 'dark']) {
    await page.getByTestId('theme').click();
    await becomes(page, () => page.evaluate(() => document.documentElement.dataset.theme), theme);
  }
  assert.notEqual(await ground(), light);
  await page.reload();
  await eventually(async () => assert.notEqual(await ground(), light), page);
  await page.context().close();
});

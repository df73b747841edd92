// The pictures of the README and of docs/page.md, from a world with a bit of everything.
import assert from 'node:assert/strict';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { PROJECT, Server, close, eventually, launch, open } from './bench.mjs';

const MOST_BYTES = 200_000;

let server, browser;
before(async () => {
  server = await Server.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

// A client that uploads, fails, and forgets to rewind its file.
async function day(org) {
  await server.send(org, 'GET', `/v2/entities/project/${PROJECT}?expand=attachments`);
  await server.upload(org, 'contract.pdf', '%PDF-1.7'.repeat(9000), 'application/pdf');
  await server.send(org, 'POST', `/v2/entities/project/${PROJECT}/attachments/30?notify=true`);
  await server.send(org, 'GET', '/v2/attachments/999');
  await server.send(org, 'GET', `/v2/entities/project/${PROJECT}?expnd=all`);
  await server.form(org, '--b\r\nContent-Disposition: form-data; name="file"; filename="broken.txt"\r\n\r\ntext');
  await server.send(org, 'GET', '/v2/queues/JUNE');
  await server.mock(`faults?org=${org}`, 'PUT', { rules: [{ name: 'overloaded', match: { operation: 'upload_temp_file' }, at: { request: 'before-closing-boundary' }, times: 1, do: { status: 503 } }, { preset: 'lost-answer', match: { file: 'invoice.pdf' } }] });
  await server.upload(org, 'video.mp4', 'frame'.repeat(12_000), 'video/mp4');
  await server.upload(org, 'video.mp4', 'frame'.repeat(2000), 'video/mp4');
  await server.send('nightly-4711', 'GET', '/v2/myself');
  await server.send('payments', 'GET', '/v2/queues');
}

test('the pictures are small', async () => {
  const org = 'my-test';
  await day(org);
  const { id } = (await server.journal(org)).at(-1);
  mkdirSync(process.env.PAGE_PICTURES, { recursive: true });
  for (const colorScheme of ['light', 'dark']) {
    for (const [name, viewport] of [['page', { width: 1280, height: 800 }], ['page-narrow', { width: 390, height: 844 }]]) {
      const page = await open(browser, server, `#/${org}/request/${id}`, { colorScheme, viewport });
      await page.getByTestId(`differs-${id}`).waitFor();
      await eventually(async () => assert.equal(await page.getByTestId('world').count(), 4), page);
      const path = join(process.env.PAGE_PICTURES, `${name}-${colorScheme}.png`);
      await page.screenshot({ path });
      assert.ok(statSync(path).size < MOST_BYTES, path);
      await close(page);
    }
  }
});

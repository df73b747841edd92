// What the tests of the page share: a server, a browser, a client, and waiting for what is to become true.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(`${process.env.PAGE_MODULES}/`);
const { chromium } = require('playwright-core');

export const PROJECT = '6586d6fee2b9ef74e69df1ef';

// How long something may take that takes no time on an idle machine, in milliseconds.
const PATIENCE = 30_000;

// A server of its own.
export class Server {
  static async start(...options) {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TRACKER_MOCK_')));
    const command = [...(options.includes('--port') ? [] : ['--port', '0']), '--log-level', 'error', ...options];
    const process_ = spawn(process.env.TRACKER_MOCK_BIN, command, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface({ input: process_.stdout }), 'line');
    return Object.assign(new Server(), { process: process_, url: line.split(' ').at(-1) });
  }

  async stop() {
    this.process.kill();
    await once(this.process, 'exit');
  }

  // A request to the emulated API.
  send(org, method, path, { body, headers = {}, token = 'test' } = {}) {
    return fetch(this.url + path, { method, body, headers: { Authorization: `OAuth ${token}`, 'X-Org-ID': org, ...headers } });
  }

  upload(org, name, content, type = 'text/plain') {
    const form = new FormData();
    form.append('file', new Blob([content], { type }), name);
    return this.send(org, 'POST', '/v2/attachments/', { body: form });
  }

  // A multipart body byte by byte.
  form(org, bytes, query = '') {
    const headers = { 'Content-Type': 'multipart/form-data; boundary=b' };
    return this.send(org, 'POST', `/v2/attachments/${query}`, { body: bytes, headers });
  }

  async mock(path, method = 'GET', body = undefined) {
    const answer = await fetch(`${this.url}/_mock/${path}`, { method, body: body && JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${text}`);
    return text && JSON.parse(text);
  }

  journal(org) {
    return this.mock(`requests?org=${encodeURIComponent(org)}`);
  }
}

export const launch = () =>
  chromium.launch({ executablePath: process.env.BROWSER, args: ['--no-sandbox', '--disable-dev-shm-usage', '--no-proxy-server', '--js-flags=--expose-gc'] });

// A page of the server, at this place. What the browser complains of is gathered; answers that are errors are none.
export async function open(browser, server, place, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', permissions: ['clipboard-read', 'clipboard-write'], ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.complaints = [];
  page.on('pageerror', error => page.complaints.push(error.message));
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type()) && !message.text().startsWith('Failed to load resource')) page.complaints.push(message.text());
  });
  await page.goto(`${server.url}/_mock/${place}`);
  if (options.javaScriptEnabled !== false) await eventually(async () => assert.equal(await page.getByTestId('connection').textContent(), 'live'), page);
  return page;
}

export async function close(page) {
  await page.context().close();
  assert.deepEqual(page.complaints, []);
}

// Tries until it holds.
export async function eventually(check, page) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      // A frame of the page, or a turn of the loop.
      await (page ? page.evaluate(() => new Promise(done => setTimeout(done, 20))) : new Promise(setImmediate));
    }
  }
}

// The page acts on a click a frame later or more, so what is read after one is awaited.
export const becomes = (page, read, expected) => eventually(async () => assert.deepEqual(await read(), expected), page);
export const says = (page, id, text) => eventually(async () => assert.match(await page.getByTestId(id).textContent(), text), page);

// What the page copied last.
export const clipboard = page => page.evaluate(() => navigator.clipboard.readText());

// What must not happen: foreign text that becomes a script, a page that some cannot use, and one that a flood drowns.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import test, { after, before } from 'node:test';
import { PROJECT, Server, close, eventually, launch, open } from './bench.mjs';

const TABS = ['requests', 'files', 'outbox', 'faults', 'coverage', 'clock', 'state'];
// What stands on each tab once it has been read.
const READY = {
  requests: '[data-testid=requests] tbody tr', files: '[data-testid=files] tbody tr', outbox: '[data-testid=outbox] tbody tr', faults: '[data-testid=rule-0]',
  coverage: '[data-testid=coverage]', clock: '[data-testid=counters] tbody tr', state: '[data-testid=snapshots] li', request: '[data-testid=exchange]' };
const AXE = readFileSync(createRequire(`${process.env.PAGE_MODULES}/`).resolve('axe-core/axe.min.js'), 'utf8');

// How long the flood lasts; `make soak` wants a minute.
const FLOOD_SECONDS = Number(process.env.FLOOD_SECONDS ?? 4);
const FLOOD_PER_SECOND = 1000;

const HOSTILE = ['"><img src=x onerror="window.hit=1">.svg', '\u202egnp.exe', "';alert(1)//<script>window.hit=1</script>.html", 'n'.repeat(255), '{{7*7}}${window.hit=1}'];

let server, browser;
before(async () => {
  server = await Server.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

// A world with something on each tab.
async function filled(org) {
  const drawing = '<svg xmlns="http://www.w3.org/2000/svg" onload="window.hit=1"><script>window.hit=1</script></svg>';
  for (const name of HOSTILE) await server.send(org, 'POST', `/v2/attachments/?filename=${encodeURIComponent(name.replaceAll('/', '_'))}`, formOf(drawing));
  const [{ id }] = await server.mock(`files?org=${encodeURIComponent(org)}`);
  await server.send(org, 'POST', `/v2/entities/project/${PROJECT}/attachments/${id}`);
  await server.send(org, 'GET', '/v2/attachments/%3Cimg%20src=x%20onerror=window.hit=1%3E?expnd=%3Cscript%3E');
  await server.mock(`faults?org=${encodeURIComponent(org)}`, 'POST', { rules: [{ name: HOSTILE[0], match: { operation: 'upload_temp_file' }, times: 1, at: { request: 'before-closing-boundary' }, do: { status: 503 } }, { preset: 'rate-limit', match: { file: 'none' } }] });
  for (const content of ['text', '']) await server.upload(org, 'retry.txt', content);
  await server.mock(`snapshots/${encodeURIComponent('<b onclick=1>')}?org=${encodeURIComponent(org)}`, 'PUT');
}

function formOf(content) {
  const body = new FormData();
  body.append('file', new Blob([content], { type: 'image/svg+xml' }), 'x.svg');
  return { body };
}

test('hostile names, drawings and worlds are only text', async () => {
  const org = '<i onmouseover=alert(1)>';
  await filled(org);
  const page = await open(browser, server, `#/${encodeURIComponent(org)}/requests`);
  await eventually(async () => assert.ok((await page.locator('[data-testid=requests] tbody tr').count()) > 5), page);
  for (const tab of TABS) {
    await page.getByTestId(`tab-${tab}`).click();
    await page.locator(READY[tab]).first().waitFor();
    assert.equal(await page.locator('#app script, #app iframe, #app object, #app i[onmouseover], [onerror], [onload], [onclick]').count(), 0, tab);
  }
  await page.getByTestId('tab-files').click();
  for (const name of HOSTILE.slice(0, 1)) await page.getByText(name).first().waitFor();
  await page.getByText('\u27e8202e\u27e9gnp.exe').first().waitFor();
  assert.equal(await page.locator('[data-testid=files] img').evaluateAll(all => all.filter(one => one.src.includes('.svg')).length), 0);
  // Every request, one after the other.
  for (const { id } of await server.journal(org)) {
    await page.goto(`${server.url}/_mock/#/${encodeURIComponent(org)}/request/${id}`);
    await eventually(async () => assert.match(await page.getByTestId('detail').textContent(), new RegExp(`request ${id}`)), page);
  }
  assert.equal(await page.evaluate(() => window.hit), undefined);
  await close(page);
});

test('the policy of the page holds', async () => {
  const page = await open(browser, server, '#/csp/requests');
  const outcome = await page.evaluate(async () => {
    const broken = [];
    addEventListener('securitypolicyviolation', event => broken.push(event.effectiveDirective));
    const tried = {};
    const attempt = (name, work) => {
      try {
        work();
        tried[name] = 'done';
      } catch (error) {
        tried[name] = error.name;
      }
    };
    const script = document.createElement('script');
    attempt('text of a script', () => { script.text = 'window.ran = 1'; });
    script.append('window.ran = 1');
    attempt('an inline script', () => document.body.append(script));
    attempt('html', () => { document.body.innerHTML = '<img src=x onerror="window.ran = 1">'; });
    attempt('a handler', () => document.body.setAttribute('onclick', 'window.ran = 1'));
    document.body.click();
    await fetch('http://127.0.0.1:9/').catch(() => {});
    const picture = new Image();
    picture.src = 'data:image/gif;base64,R0lGODlhAQABAAAAACw=';
    await new Promise(done => setTimeout(done, 100));
    return { ran: window.ran, tried, broken: [...new Set(broken)].sort() };
  });
  assert.equal(outcome.ran, undefined);
  assert.deepEqual([outcome.tried['text of a script'], outcome.tried.html], ['TypeError', 'TypeError']);
  for (const directive of ['connect-src', 'img-src', 'require-trusted-types-for']) assert.ok(outcome.broken.includes(directive), `${directive}: ${outcome.broken}`);
  await page.context().close();

  // A script that got into the document itself does not run either.
  const context = await browser.newContext();
  const other = await context.newPage();
  await other.addInitScript(() => addEventListener('securitypolicyviolation', event => { window.broken = event.effectiveDirective; }));
  await other.route('**/_mock/', async route => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace('<div id="app">', '<script>window.ran = 1</script><div id="app">') });
  });
  await other.goto(`${server.url}/_mock/`);
  await eventually(async () => assert.equal(await other.evaluate(() => window.broken), 'script-src-elem'), other);
  assert.equal(await other.evaluate(() => window.ran), undefined);
  await context.close();
});

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing wrong in the ${colorScheme} theme`, async () => {
    const org = `axe-${colorScheme}`;
    await filled(org);
    await server.mock(`faults?org=${org}`, 'POST', { rules: [{ preset: 'flaky-503', match: { operation: 'get_queue' } }] });
    const newest = (await server.journal(org)).at(-1).id;
    for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
      // The page's own policy would keep axe out.
      const page = await open(browser, server, `#/${org}/requests`, { colorScheme, viewport, bypassCSP: true });
      for (const place of [...TABS, `request/${newest}`]) {
        await page.goto(`${server.url}/_mock/#/${org}/${place}`);
        await page.locator(READY[place.split('/')[0]]).first().waitFor();
        const found = await page.evaluate(async axe => {
          if (!window.axe) (0, eval)(axe);
          const { violations } = await window.axe.run({ resultTypes: ['violations'] });
          return violations.map(one => `${one.id}: ${one.nodes.slice(0, 3).map(node => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(' | ')}`);
        }, AXE);
        assert.deepEqual(found, [], `${place} ${viewport.width}`);
        // Nothing is cut off at the side.
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${place} ${viewport.width} is too wide`);
      }
      await close(page);
    }
  });
}

test('on a telephone the request takes the place of the list, and leads back', async () => {
  const org = 'narrow';
  await server.send(org, 'GET', '/v2/myself');
  const page = await open(browser, server, `#/${org}/requests`, { viewport: { width: 390, height: 844 }, hasTouch: true });
  const row = page.locator('[data-testid=requests] tbody tr').first();
  await row.tap();
  await page.getByTestId('detail').waitFor();
  assert.equal(await row.isVisible(), false);
  await page.getByTestId('back').tap();
  await row.waitFor();
  await close(page);
});

test('without scripts the newest requests are a table', async () => {
  await server.send('plain', 'GET', '/v2/attachments/777');
  const page = await open(browser, server, '', { javaScriptEnabled: false });
  await page.waitForURL('**/_mock/page/plain.html');
  assert.match(await page.locator('tbody tr').first().textContent(), /GET\/v2\/attachments\/777get_attachment404/);
  await close(page);
});

test(`a flood of up to ${FLOOD_PER_SECOND} requests a second neither freezes the page nor fills its memory`, async () => {
  const page = await open(browser, server, '#/flood/requests');
  const devtools = await page.context().newCDPSession(page);
  const used = async () => {
    await devtools.send('HeapProfiler.collectGarbage');
    return page.evaluate(() => performance.memory.usedJSHeapSize);
  };
  let sent = 0;
  const agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
  const one = () => new Promise((done, failed) => {
    const request = http.get(`${server.url}/v2/myself`, { agent, headers: { Authorization: 'OAuth flood', 'X-Org-ID': 'flood' } }, answer => answer.resume().on('end', done));
    request.on('error', failed);
  });
  // Twenty at a time, and no more than are due.
  const flood = async seconds => {
    const began = Date.now();
    for (let count = 0; Date.now() - began < seconds * 1000; ) {
      const due = Math.ceil(((Date.now() - began) * FLOOD_PER_SECOND) / 1000) - count;
      await (due > 0 ? Promise.all(Array.from({ length: Math.min(due, 20) }, one)) : new Promise(setImmediate));
      count += Math.min(Math.max(due, 0), 20);
      sent = count;
    }
  };
  const rows = () => page.evaluate(() => document.querySelectorAll('[data-testid=requests] tbody tr').length);
  // The first second fills the list; from then on nothing may grow.
  await flood(1);
  const [heap, nodes] = [await used(), await page.evaluate(() => document.getElementsByTagName('*').length)];
  let slowest = 0;
  let done = false;
  const watching = (async () => {
    while (!done) {
      const began = Date.now();
      assert.ok((await rows()) <= 500);
      slowest = Math.max(slowest, Date.now() - began);
    }
  })();
  await flood(FLOOD_SECONDS);
  done = true;
  await watching;
  const kept = await fetch(`${server.url}/_mock/requests?org=flood&limit=1`).then(answer => Number(answer.headers.get('X-Total-Count')));
  await eventually(async () => assert.equal(await page.getByTestId('count').textContent(), `${new Intl.NumberFormat('en-GB').format(kept)} requests`), page);
  await eventually(async () => assert.equal(await rows(), 500), page);
  const [heapAfter, nodesAfter] = [await used(), await page.evaluate(() => document.getElementsByTagName('*').length)];
  console.log(`${Math.round(sent / FLOOD_SECONDS)} requests a second; slowest answer of the page ${slowest} ms; heap ${(heap / 1e6).toFixed(1)} MB, then ${(heapAfter / 1e6).toFixed(1)} MB; ${nodes} elements, then ${nodesAfter}`);
  assert.ok(heapAfter < heap + 20e6, `${heap} ${heapAfter}`);
  assert.ok(nodesAfter <= Math.max(nodes * 2, 9000), `${nodes} ${nodesAfter}`);
  agent.destroy();
  await close(page);
});

// The same tests for every runner: `define` gets their names, the options of their world, and their bodies.
'use strict';
const assert = require('node:assert/strict');
const { appendFileSync } = require('node:fs');
const { attach, upload } = require('../client.cjs');

function passing(define) {
  define('a retry is one upload', { faults: ['flaky-503'] }, async (world) => {
    let answer;
    do answer = await upload(world, 'Hello, Tracker!\n', 'hello.txt');
    while (answer.status === 503);
    await attach(world, answer.data.id);
    await world.assertUploaded('hello.txt', { content: 'Hello, Tracker!\n', attempts: 3 });
    await world.assertAttached('hello.txt', { to: 'project/4' });
    note(world);
  });
  define(
    'what is allowed passes',
    { faults: ['lost-answer'], unfired: true, allow: ['unknown-parameter'] },
    async (world) => {
      await fetch(`${world.url}/v2/issues/JUNE-2?expnd=links`, { headers: world.headers });
      note(world);
    },
  );
}

function failing(define) {
  define('a fault never fires', { faults: ['lost-answer'] }, async () => {});
  define('a client deviates', {}, async (world) => {
    await upload(world, 'text', 'a.txt', '/v2/attachments/?filenam=b.txt');
  });
  define('a client goes astray', {}, async (world) => {
    await fetch(`${world.url}/v2/tea`, { headers: world.headers });
  });
  define('a test fails by itself', {}, async (world) => {
    assert.equal((await upload(world, 'text', 'a.txt')).status, 200);
  });
}

/** Which server and which world a test had, and in which process. */
function note(world) {
  appendFileSync(process.env.NOTES, `${JSON.stringify({ url: world.url, org: world.org, pid: process.pid })}\n`);
}

module.exports = { passing, failing };

#!/usr/bin/env node
// Runs the program of this platform's package in place of itself: same arguments, streams, signals and exit code.
'use strict';
const { spawn } = require('node:child_process');
const { binary } = require('../lib/program.js');

let program;
try {
  program = binary();
} catch (error) {
  console.error(`tracker-mock: ${error.message}`);
  process.exit(2);
}
const child = spawn(program, process.argv.slice(2), { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => child.kill(signal));
}
child.on('error', (error) => {
  console.error(`tracker-mock: ${program} cannot be run: ${error.message}`);
  process.exit(2);
});
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});

/** Starts the server from JavaScript. For tests, see `tracker-mock/testing`. */
export { binary, Server, start, type StartOptions } from './program.js';
export type { ExpectedNotification } from './compare.js';
export { World, WorldClock, type ClockChange, type Expected } from './world.js';
export type * from './records.js';

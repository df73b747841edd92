/** One server for all test files and workers: `globalSetup` of Vitest and of Jest. */
import { OWN, start } from './program.js';

export async function setup(): Promise<() => Promise<void>> {
  if (process.env.TRACKER_MOCK_URL) return async () => {};
  const server = await start();
  process.env.TRACKER_MOCK_URL = server.url;
  process.env[OWN] = 'true';
  // Vitest calls this at its end. Jest does not, but the server ends with Jest's process.
  return () => server.stop();
}

export default setup;

// The same with require.
import tracker = require('tracker-mock');
import testing = require('tracker-mock/testing');
import globalSetup = require('tracker-mock/global-setup');
import type { TestContext } from 'node:test';

export async function types(t: TestContext): Promise<tracker.World> {
  const current: () => tracker.World = testing.useTrackerMock({ seed: 7 });
  const server: tracker.Server = await tracker.start();
  await (
    await globalSetup.setup()
  )();
  await server.stop();
  const state: tracker.State = await current().state();
  const made = await testing.world(t, { state });
  const [file] = await made.assertAttached('a.txt', { to: state.issues[0]?.key ?? 'JUNE-2', times: 1 });
  await made.clock.tick('1s', file?.at);
  return made;
}

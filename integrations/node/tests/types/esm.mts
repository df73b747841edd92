// What a user writes, for the compiler to check; it is not run.
import { test } from 'node:test';
import { binary, start, type RequestRecord, type Rule, type World } from 'tracker-mock';
import setup from 'tracker-mock/global-setup';
import { useTrackerMock, world } from 'tracker-mock/testing';
import type { TestContext } from 'vitest';

test('types', async (t) => {
  const rule: Rule = { preset: 'flaky-503', match: { operation: 'upload_temp_file' }, times: 1, do: { delay: '1s' } };
  const mock: World = await world(t, {
    faults: ['rate-limit', rule],
    clock: { mode: 'freeze' },
    allow: ['retry-empty'],
  });
  const requests: RequestRecord[] = await mock.waitFor(
    { operation: ['attach_file'], json: { '/text': '*' } },
    { count: 2 },
  );
  const size: number | undefined = requests[0]?.upload?.parts[0]?.bytes;
  const text: string = (await mock.files()).map((file) => file.content.toString('utf8')).join(binary());
  await mock.assertUploaded(text, { content: new Uint8Array(size ?? 0), attempts: 1 });
  await mock.assertNotified({ to: ['lead'], event: 'fileAdded' });
  // @ts-expect-error: there is no such preset.
  await mock.arm('flaky-504');
  // @ts-expect-error: neither is there such a condition.
  await mock.requests({ opration: 'get_issue' });
});

export async function inVitest(context: TestContext): Promise<string> {
  const current: () => World = useTrackerMock({ unfired: true });
  const stop: () => Promise<void> = await setup();
  await stop();
  const server = await start({ args: ['--language', 'ru'] });
  return server.world((await world(context)).org).org + current().url;
}

import { describe, expect, test, vi } from 'vitest';
import { useTrackerMock, world } from 'tracker-mock/testing';
import { passing } from '../cases.cjs';

passing((name, options, body) =>
  describe(name, () => {
    const mock = useTrackerMock(options);
    test('by the hooks', () => body(mock()));
    test('again, in a world of its own', async () => {
      expect(await mock().requests()).toEqual([]);
      await body(mock());
    });
  }),
);
passing((name, options, body) => test.concurrent(name, async (context) => body(await world(context, options))));

describe('a test that replaces fetch and the timers', () => {
  const mock = useTrackerMock();
  expect(mock).toThrow('There is a world only while a test runs: call this within a test, or in beforeEach.');
  test('reaches its world all the same', async () => {
    vi.useFakeTimers();
    vi.stubGlobal('fetch', () => Promise.reject(new Error('no network')));
    expect(await mock().requests()).toEqual([]);
  });
});

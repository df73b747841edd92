import { describe, expect, test } from 'vitest';
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

import { describe, test } from 'vitest';
import { useTrackerMock, world } from 'tracker-mock/testing';
import { failing } from '../cases.cjs';

failing((name, options, body) =>
  describe(name, () => {
    const mock = useTrackerMock(options);
    test('by the hooks', () => body(mock()));
  }),
);
failing((name, options, body) =>
  test(`${name}, by the context`, async (context) => body(await world(context, options))),
);
describe.concurrent('tests at once', () => {
  const mock = useTrackerMock();
  for (const name of ['one', 'two']) test(name, () => mock().requests());
});

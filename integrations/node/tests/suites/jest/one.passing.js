const { useTrackerMock } = require('tracker-mock/testing');
const { passing } = require('../cases.cjs');

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

describe('a test that replaces fetch and the timers', () => {
  const mock = useTrackerMock();
  test('reaches its world all the same', async () => {
    jest.useFakeTimers();
    jest.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('no network'));
    expect(await mock().requests()).toEqual([]);
  });
});

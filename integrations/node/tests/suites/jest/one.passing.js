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

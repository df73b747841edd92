const { useTrackerMock } = require('tracker-mock/testing');
const { failing } = require('../cases.cjs');

failing((name, options, body) =>
  describe(name, () => {
    const mock = useTrackerMock(options);
    test('by the hooks', () => body(mock()));
  }),
);

module.exports = {
  globalSetup: 'tracker-mock/global-setup',
  testMatch: [`**/${process.env.SUITE}`],
  maxWorkers: 2,
  // With it, Jest remembers that these tests are fast, and runs them without workers.
  cache: false,
};

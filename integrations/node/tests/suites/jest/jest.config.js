module.exports = { globalSetup: 'tracker-mock/global-setup', testMatch: [`**/${process.env.SUITE}`], maxWorkers: 2 };

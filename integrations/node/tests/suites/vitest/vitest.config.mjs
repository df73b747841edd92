import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { globalSetup: 'tracker-mock/global-setup', include: [process.env.SUITE] } });

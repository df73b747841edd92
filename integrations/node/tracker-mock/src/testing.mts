/** The same for `import`, where Vitest's hooks can be had from Vitest itself. */
import { useRunner } from './testing.js';

export * from './testing.js';

if (process.env.VITEST && !('beforeEach' in globalThis)) {
  const vitest = 'vitest';
  useRunner(await import(vitest));
}

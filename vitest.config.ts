import { configDefaults, defineConfig } from 'vitest/config';

// Tests that take minutes or want real weights: `npm run test:long`.
const long = 'test/**/*.long.test.ts';

export default defineConfig({
  test: {
    include: process.env.MAMBAAD_LONG_TESTS ? [long] : ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(process.env.MAMBAAD_LONG_TESTS ? [] : [long])],
    globalSetup: ['test/temporary-folder.ts', 'test/global-setup.ts'],
    // A net for what never ends; no test counts on ending in a given time.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    disableConsoleIntercept: true,
    pool: 'forks',
    maxWorkers: 2,
    maxConcurrency: 2,
  },
});

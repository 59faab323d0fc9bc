import path from 'node:path';
import { defineConfig } from 'vitest/config';

/** Apart from vitest.config.ts at the root: these tests need programs that `npm test` does not build. */
export default defineConfig({
  test: {
    name: 'interop',
    root: path.resolve(import.meta.dirname, '../..'),
    include: ['test/interop/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    globalSetup: ['test/infra.ts'],
    setupFiles: ['test/clean-up.ts'],
    fileParallelism: false,
  },
});

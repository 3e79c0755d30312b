// Tests run against one real Temporal server; Surehook runs as its own, built, process.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/monitoring/**', 'test/s3/**', 'test/oracles/**', 'test/examples/**'],
    globalSetup: 'test/support/global-setup.ts',
    // Two cores: more files at once only make each other late.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 90_000,
  },
});

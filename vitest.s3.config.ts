// The tests of bodies in S3, which need a real store that speaks it: apart, so that `npm test` needs nothing of the machine.
import { defineConfig } from 'vitest/config';
import main from './vitest.config.ts';

export default defineConfig({ test: { ...main.test, include: ['test/s3/*.test.ts'], exclude: [] } });

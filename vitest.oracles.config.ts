// The tests against the providers' own SDKs, which are many and large: apart, so that `npm ci` needs none of them.
import { defineConfig } from 'vitest/config';
import main from './vitest.config.ts';

const { globalSetup: _, ...test } = main.test ?? {};
export default defineConfig({ test: { ...test, include: ['test/oracles/*.test.ts'], exclude: [] } });

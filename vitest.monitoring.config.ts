// The tests of metrics and alerts, which need a real Prometheus: apart, so that `npm test` needs nothing of the machine.
import { defineConfig } from 'vitest/config';
import main from './vitest.config.ts';

export default defineConfig({ test: { ...main.test, include: ['test/monitoring/*.test.ts'], exclude: [] } });

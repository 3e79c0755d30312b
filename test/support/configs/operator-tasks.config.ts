// The config of agent tasks with alert routes: one for callbacks, one for deliveries, and one without sources. All names
// of routes end in SUFFIX, since a namespace has one route of each name.
import { defineConfig, secret } from 'surehook';
import tasks from './tasks.config.ts';

const receiver = process.env.RECEIVER_URL ?? 'http://127.0.0.1:9';
const suffix = process.env.SUFFIX ?? '';
const route = (path: string, sources?: string[]) => ({
  channel: 'webhook' as const,
  url: `${receiver}/${path}`,
  secrets: [secret('ENDPOINT_SECRET')],
  gather: '1s',
  every: '1s',
  ...(sources ? { sources } : {}),
});

export default defineConfig({
  ...tasks,
  alerts: {
    [`callbacks${suffix}`]: route('alerts-of-callbacks', ['callback']),
    [`deliveries${suffix}`]: route('alerts-of-deliveries', ['delivery']),
    [`everything${suffix}`]: route('alerts-of-everything'),
  },
});

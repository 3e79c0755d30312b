// The tests of the examples, whose frameworks are packages of a folder of their own: `npm ci` needs none of them.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import main from './vitest.config.ts';

const { globalSetup: _, ...test } = main.test ?? {};
const installed = (name: string) =>
  fileURLToPath(new URL(`./test/examples/node_modules/${name}`, import.meta.url));
export default defineConfig({
  resolve: { alias: { fastify: installed('fastify'), hono: installed('hono') } },
  test: { ...test, include: ['test/examples/*.test.ts'], exclude: [] },
});

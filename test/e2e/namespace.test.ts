// Tests that Surehook registers what it needs in a namespace, or prints in one line what to register.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterEach, expect, inject, it } from 'vitest';
import { type DevServer, startDevServer } from '../../src/temporal/dev/dev-server.ts';
import { newId, Surehook } from '../support/surehook.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'surehook-namespace-'));
let server: DevServer | undefined;

const startServer = async (searchAttributes: Record<string, 'KEYWORD' | 'KEYWORD_LIST'>) => {
  const cliPath = inject('temporalCliPath');
  const options = { cliPath, stateDir, port: 0, uiPort: 0, inMemory: true, searchAttributes };
  server = await startDevServer({ ...options, onExit: () => undefined });
  return server.address;
};

afterEach(async () => {
  await server?.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

it('missing search attributes are registered, and can be searched at once', async () => {
  const temporalAddress = await startServer({});
  const surehook = await Surehook.start({ role: 'serve', temporalAddress, taskQueue: newId('queue') });
  const event_id = newId();
  expect((await surehook.send({ event_id, type: 'nobody-listens' })).status).toBe(202);
  await surehook.untilEvent('partner', event_id, ({ closed_at }) => closed_at !== null);
  const client = new Client({ connection: await Connection.connect({ address: temporalAddress }) });
  expect(await client.workflow.count("WebhookSource = 'partner'")).toMatchObject({ count: 1 });
  expect(surehook.output).toContain('raise it to 30 days'); // a new namespace keeps events for a day
  await client.connection.close();
  await surehook.stop();
});

it('if the server refuses search attributes, one line says what to register', async () => {
  // A namespace on SQL has room for ten keywords, and this namespace is full.
  const full = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`Keyword${n}`, 'KEYWORD' as const]));
  const temporalAddress = await startServer(full);
  const error = await Surehook.start({ role: 'serve', temporalAddress, taskQueue: newId('queue') }).catch(
    String,
  );
  const line = "namespace 'default' lacks search attributes and does not let us add them";
  expect(error).toContain(line);
  expect(error).toContain(
    'WebhookSource (Keyword), WebhookEventType (Keyword), WebhookFailedStep (KeywordList)',
  );
});

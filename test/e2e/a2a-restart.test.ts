// A stream of A2A while Temporal is stopped and started again.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StreamResponse } from '@a2a-js/sdk';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type DevServer, startDevServer } from '../../src/temporal/dev/dev-server.ts';
import { collect, connectA2A, toSend, toWire } from '../support/a2a-client.ts';
import { API_KEYS, CLIENT_KEYS } from '../support/agent-client.ts';
import { Surehook } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'surehook-a2a-restart-'));
let server: DevServer;
let surehook: Surehook;

const startTemporal = async (port = 0): Promise<DevServer> =>
  await startDevServer({
    cliPath: inject('temporalCliPath'),
    stateDir,
    port,
    uiPort: 0,
    onExit: () => undefined,
  });

beforeAll(async () => {
  server = await startTemporal();
  surehook = await Surehook.start({
    role: 'serve',
    temporalAddress: server.address,
    taskQueue: 'a2a-restart',
    config: 'tasks',
    env: { SUREHOOK_API_KEYS: API_KEYS },
  });
});

afterAll(async () => {
  await surehook.stop();
  await server.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

/** An answer may have been taken although its caller was told that Temporal is away. */
const isTaken = ({ message }: Error) => /has ended|asks nothing/.test(message);

it('a subscription goes on when Temporal is back', async () => {
  const alice = await connectA2A(surehook.publicUrl, CLIENT_KEYS.alice, 'JSONRPC');
  const { id } = toWire(await alice.sendMessage(toSend({ skill: 'both', data: {} })));
  const stream = alice.resubscribeTask({ tenant: '', id });
  const { value: first } = await stream.next();
  expect(StreamResponse.toJSON(first as StreamResponse)).toMatchObject({ task: { id } });
  const port = Number(server.address.split(':').at(-1));
  await server.stop();
  server = await startTemporal(port);
  const answer = toSend({ taskId: id, data: { a: { value: 1 }, b: { value: 2 } } });
  await waitFor(async () => await alice.sendMessage(answer).then(Boolean, isTaken));
  expect((await collect(stream)).at(-1)).toMatchObject({
    statusUpdate: { taskId: id, status: { state: 'TASK_STATE_COMPLETED' } },
  });
});

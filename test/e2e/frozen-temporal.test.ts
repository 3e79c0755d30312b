// Tests the operator API while Temporal takes what it is sent and never answers: a frozen server.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { API_ROUTES } from '../../src/api/operator/routes.ts';
import { type DevServer, startDevServer } from '../../src/temporal/dev/dev-server.ts';
import { newId, Surehook, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const ANSWERED_WITHIN_MS = 5_000;
const stateDir = mkdtempSync(join(tmpdir(), 'surehook-frozen-'));
let server: DevServer;
let surehook: Surehook;

beforeAll(async () => {
  const cliPath = inject('temporalCliPath');
  server = await startDevServer({
    cliPath,
    stateDir,
    port: 0,
    uiPort: 0,
    inMemory: true,
    onExit: () => undefined,
  });
  const temporalAddress = server.address;
  surehook = await Surehook.start({ role: 'serve', temporalAddress, taskQueue: 'frozen' });
  await surehook.send({ event_id: 'evt_1', type: 'handled' });
});

afterAll(async () => {
  process.kill(server.pid, 'SIGCONT');
  await surehook.stop();
  await server.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

/** Of each thread of a process: `T` is stopped. */
function statesOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).map(
    (thread) => /\) (\w) /.exec(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'))?.[1] ?? '',
  );
}

const BODIES: Record<string, object> = {
  '/dead-letters/discard': { filter: {}, reason: 'a test' },
  '/dead-letters/replay': { filter: {} },
  '/dead-letters/{source}/{event_id}/discard': { reason: 'a test' },
};

it('every route answers 503 within 5 s, and the log has the reason', async () => {
  process.kill(server.pid, 'SIGSTOP');
  // On a busy machine its threads run on for a moment.
  await waitFor(() => statesOf(server.pid).every((state) => state === 'T'));
  const jobId = '00000000-0000-4000-8000-000000000000';
  const calls = API_ROUTES.map(async ({ method, path }) => {
    const filled = path
      .replace('{source}', 'partner')
      .replace('{event_id}', newId())
      .replace('{job_id}', jobId)
      .replace('{task_id}', `task_${'0'.repeat(32)}`)
      .replace('{name}', 'many1');
    const begun = Date.now();
    const response = await fetch(`${surehook.operatorUrl}/api/v1${filled}`, {
      method: method.toUpperCase(),
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      ...(method === 'post' ? { body: JSON.stringify(BODIES[path] ?? {}) } : {}),
    });
    const { code } = (await response.json()) as { code: string };
    return { path, status: response.status, code, inTime: Date.now() - begun < ANSWERED_WITHIN_MS };
  });
  const answers = await Promise.all(calls);
  expect(answers).toEqual(
    API_ROUTES.map(({ path }) => ({ path, status: 503, code: 'temporal_unavailable', inTime: true })),
  );
  const refused = surehook.logLines().filter(({ msg }) => msg === 'request refused');
  expect(refused.length).toBe(API_ROUTES.length);
  for (const { reason } of refused) expect(reason).toMatch(/Temporal did not answer \w+ within 4 s/);
});

it('once the server goes on, so do the routes', async () => {
  process.kill(server.pid, 'SIGCONT');
  await waitFor(async () => (await surehook.operator('/api/v1/events')).status === 200);
});

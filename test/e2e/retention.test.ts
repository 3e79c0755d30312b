// Tests a dead letter that Temporal is about to delete: it is alerted in time, can be exported, and is then closed.
import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { expect, inject, it } from 'vitest';
import { DEAD_LETTER, type DeadLetterInput, type Retention } from '../../src/contracts/dead-letter.ts';
import { Alerting } from '../support/alerting.ts';
import { runSurehook } from '../support/command.ts';
import { DeadLetters } from '../support/dead-letters.ts';
import { DATA_CONVERTER, newId, type Surehook, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

const temporalAddress = inject('temporalAddress');
const start = (env: Record<string, string> = {}) =>
  Alerting.start({ temporalAddress, channels: 'webhook', env });

async function retentionSeconds({ client }: Alerting): Promise<number> {
  const { config } = await client.workflowService.describeNamespace({ namespace: 'default' });
  return Number(config?.workflowExecutionRetentionTtl?.seconds);
}

const commandsOf = (surehook: Surehook) => async (args: string[]) =>
  await runSurehook(args, {
    SUREHOOK_OPERATOR_URL: surehook.operatorUrl,
    SUREHOOK_OPERATOR_TOKEN: TOKEN,
  });

it('a dead letter that is about to expire is alerted, marked in the list, and kept by an export', async () => {
  const alerting = await start();
  const { first } = alerting;
  const seconds = await retentionSeconds(alerting);
  const surehook = await alerting.surehook('serve', { WARN_BEFORE: `${seconds - 3}s` });
  const letters = new DeadLetters(surehook, alerting.receiver);
  await surehook.send({ event_id: 'evt_1', type: 'order.paid', note: 'kept' }, first);
  const alert = await waitFor(() => alerting.webhookAlerts().find(({ data }) => data.expiring));
  expect(alert?.data).toMatchObject({
    expiring: { count: 1, sources: [{ source: first, count: 1, examples: [{ event_id: 'evt_1' }] }] },
    open: { [first]: 1 },
  });
  const [item] = await letters.list({ source: first });
  const left = Date.parse(item?.expires_at ?? '') - Date.parse(item?.failed_at ?? '');
  expect(left).toBe(seconds * 1_000);
  expect(item?.expires_soon).toBe(true);
  expect((await letters.show('evt_1', first)).body).toMatchObject({ expires_at: item?.expires_at });
  const run = commandsOf(surehook);
  const listed = (await run(['dead-letters', 'list', '--source', first])).stdout;
  expect(listed).toContain(`expires ${item?.expires_at}`);
  expect(listed).toContain(`1 expires soon`);
  expect((await run(['dead-letters', 'show', first, 'evt_1'])).stdout).toContain(
    `Expires:  ${item?.expires_at}`,
  );
  const exported = (await run(['dead-letters', 'export', '--source', first])).stdout;
  expect(JSON.parse(exported)).toMatchObject({
    event_id: 'evt_1',
    payload: { note: 'kept' },
    expires_at: item?.expires_at,
  });
});

it('a dead letter is by default alerted three days, or a quarter of the retention, before it expires', async () => {
  const alerting = await start();
  const { first, client } = alerting;
  const ms = (await retentionSeconds(alerting)) * 1_000;
  const surehook = await alerting.surehook();
  await surehook.send({ event_id: 'evt_1', type: 'order.paid' }, first);
  const memo = await waitFor(
    async () => {
      const handle = client.workflow.getHandle(`dead-letter:${first}:evt_1`);
      return (await handle.describe().catch(() => undefined))?.memo;
    },
    (found) => found?.expires_at !== undefined,
  );
  const margin = Date.parse(String(memo?.expires_at)) - Date.parse(String(memo?.warns_at));
  expect(margin).toBe(Math.min(3 * 86_400_000, ms / 4));
});

it('a dead letter whose retention has passed is closed as expired, and alerted before and after', async () => {
  const alerting = await start();
  const { client, taskQueue } = alerting;
  const connection = await NativeConnection.connect({ address: temporalAddress });
  const raised: string[] = [];
  const worker = await Worker.create({
    connection,
    taskQueue,
    dataConverter: DATA_CONVERTER,
    workflowBundle: {
      codePath: fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url)),
    },
    // The test gives a retention that is shorter than any server allows.
    activities: {
      readRetention: async (): Promise<Retention> => ({ retention_ms: 3_000, warn_before_ms: 2_000 }),
      raiseAlerts: async ({ kind }: { kind: string }) => void raised.push(kind),
    },
  });
  const input: DeadLetterInput = {
    source: 'first',
    event_id: newId(),
    event_type: 'order.paid',
    run_id: 'a-run',
    failed_steps: ['handler'],
    errors: ['handler:TypeError'],
  };
  const workflowId = `dead-letter:first:${input.event_id}`;
  const result = await worker.runUntil(
    client.workflow.execute(DEAD_LETTER, { workflowId, taskQueue, args: [input] }),
  );
  await connection.close();
  expect(result).toMatchObject({ how: 'expired' });
  expect(raised).toEqual(['dead_letter', 'expiring', 'expired']);
});

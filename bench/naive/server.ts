// The plain Temporal design that Surehook is measured against: Express, the default client, a default worker.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import express from 'express';
import { SOURCE_SECRET } from '../events.ts';
import { createNaiveActivities } from './activities.ts';
import type { naiveEvent } from './workflows.ts';

const {
  TEMPORAL_ADDRESS: address = '',
  TASK_QUEUE: taskQueue = '',
  RECEIVER_URL: receiver = '',
} = process.env;

Runtime.install({ logger: new DefaultLogger('WARN') });
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue,
  workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
  activities: createNaiveActivities(receiver),
});
const running = worker.run();

const client = new Client({ connection: await Connection.connect({ address }) });
const app = express();
app.get('/readyz', (_request, response) => void response.sendStatus(200));
app.post('/webhooks/bench', express.raw({ type: '*/*', limit: '1mb' }), async (request, response) => {
  const rawBody: Buffer = request.body;
  if (!isSigned(rawBody, request.get('x-webhook-signature') ?? '')) return void response.sendStatus(401);
  const body = rawBody.toString('utf8');
  const { event_id, type } = JSON.parse(body);
  await client.workflow.start<typeof naiveEvent>('naiveEvent', {
    workflowId: event_id,
    taskQueue,
    args: [{ id: event_id, type, body }],
  });
  response.status(202).json({ status: 'accepted', event_id });
});
app.listen(Number(process.env.PORT), '127.0.0.1');

process.once('SIGTERM', async () => {
  worker.shutdown();
  await running;
  process.exit(0);
});

function isSigned(rawBody: Buffer, signature: string): boolean {
  const expected = createHmac('sha256', SOURCE_SECRET).update(rawBody).digest();
  const given = Buffer.from(signature, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

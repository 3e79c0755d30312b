// The floor: bare eager starts on the worker's own connection, in the worker's process, on orders over IPC.
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { makeEvents } from '../events.ts';
import { type Order, type Outcome, Stopwatch } from '../load.ts';
import { countOf, pace } from '../pace.ts';
import type { floorEvent } from './workflows.ts';

const { TEMPORAL_ADDRESS: address = '', TASK_QUEUE: taskQueue = '' } = process.env;
const arrivals = new Map<string, number>();

const activities = {
  async first(): Promise<void> {},
  async second(): Promise<void> {
    arrivals.set(Context.current().info.workflowExecution?.workflowId ?? '', performance.now());
  },
};
export type FloorActivities = typeof activities;

Runtime.install({ logger: new DefaultLogger('WARN') });
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  taskQueue,
  workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
  activities,
});
const running = worker.run();
const client = new Client({ connection });

process.on('message', async ({ load, prefix }: Order) => {
  process.send?.(await drive({ load, prefix }));
});
process.once('SIGTERM', async () => {
  worker.shutdown();
  await running;
  process.exit(0);
});
process.send?.('ready');

async function drive({ load, prefix }: Order): Promise<Outcome> {
  const events = makeEvents(countOf(load), prefix);
  const watch = new Stopwatch(arrivals);
  await pace(load, async (i) => {
    const { id, body } = events[i] as (typeof events)[number];
    await watch.time(id, async () => {
      await client.workflow.start<typeof floorEvent>('floorEvent', {
        workflowId: id,
        taskQueue,
        requestEagerStart: true,
        args: [body],
      });
    });
  });
  return await watch.outcome();
}

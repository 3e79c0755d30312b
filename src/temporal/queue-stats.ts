// Reads for a scrape how many tasks wait in Temporal's task queue, for how long, and how many workers poll the queue.
import proto from '@temporalio/proto';
import type { QueueStats, QueueType } from '../observability/metrics.ts';
import type { Temporal } from './connection.ts';
import { inTime } from './in-time.ts';

const { TaskQueueType } = proto.temporal.api.enums.v1;
const TASK_TYPES = {
  workflow: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  activity: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
} satisfies Record<QueueType, unknown>;
/** Several scrapers, or a browser that reloads, cost Temporal no more than one scraper. */
const CACHED_FOR_MS = 5_000;
/** A scrape must not wait for a server that hangs: Prometheus gives it 10 s for everything. */
const ANSWER_WITHIN_MS = 1_000;
/** A worker polls again at least every 70 s. Temporal remembers a worker that is gone for 5 minutes. */
const WORKER_SEEN_WITHIN_MS = 120_000;

export type ReadQueueStats = () => Promise<Record<QueueType, QueueStats> | undefined>;

/** The function that is returned resolves to undefined while Temporal does not answer. */
export function createReadQueueStats(temporal: Temporal, taskQueue: string): ReadQueueStats {
  let last: ReturnType<ReadQueueStats> | undefined;
  let lastAt = 0;
  return () => {
    if (last === undefined || performance.now() - lastAt > CACHED_FOR_MS) {
      lastAt = performance.now();
      last = readBoth(temporal, taskQueue);
    }
    return last;
  };
}

async function readBoth(temporal: Temporal, taskQueue: string) {
  const both = Promise.all([read(temporal, taskQueue, 'workflow'), read(temporal, taskQueue, 'activity')]);
  const stats = await inTime(ANSWER_WITHIN_MS, both, 'Temporal does not answer').catch(() => undefined);
  return stats && { workflow: stats[0], activity: stats[1] };
}

async function read({ client, namespace }: Temporal, name: string, type: QueueType): Promise<QueueStats> {
  const { stats, pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name },
    taskQueueType: TASK_TYPES[type],
    reportStats: true,
  });
  const { seconds = 0, nanos = 0 } = stats?.approximateBacklogAge ?? {};
  const since = Date.now() - WORKER_SEEN_WITHIN_MS;
  const seen = pollers?.filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000 > since);
  return {
    backlog: Number(stats?.approximateBacklogCount ?? 0),
    oldestAgeSeconds: Number(seconds) + Number(nanos) / 1e9,
    workers: new Set(seen?.map(({ identity }) => identity)).size,
  };
}

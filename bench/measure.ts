// Measures one side under one load: what it did, and what it cost which process.
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type HistorySample, readHistories } from './history.ts';
import type { Load } from './pace.ts';
import { countOf } from './pace.ts';
import { cpuMs, machineCpuMs, peakRssMb, rssMb } from './processes.ts';
import type { Side } from './sides.ts';
import { percentile } from './statistics.ts';
import type { TemporalServer } from './temporal.ts';

/** The numbers of one side under one load, in milliseconds, events per second and megabytes. */
export interface Sample extends HistorySample {
  ack_p50: number;
  ack_p99: number;
  delivered_p50: number;
  delivered_p99: number;
  events_per_s: number;
  /** Answered with 503, and sent again. */
  refused: number;
  /** CPU milliseconds per event of the Temporal server, of the side's own processes, and of this one. */
  server_cpu: number;
  side_cpu: number;
  bench_cpu: number;
  rss: number;
  /** Since the side's start. */
  rss_peak: number;
  /** What all other processes of the machine used meanwhile, in cores: over zero, compare within one run only. */
  others_cores: number;
  load_average: number;
}

let orders = 0;

/** @param afterwards whether what the server has to do later is part of the cost: a held delivery never ends */
export async function measure(
  side: Side,
  load: Load,
  server: TemporalServer,
  afterwards: 'counted' | 'left' = 'counted',
): Promise<Sample> {
  const before = readClocks(side, server);
  orders += 1;
  const prefix = `${side.name}-${process.pid}-${orders}`;
  const { ackMs, deliveredMs, seconds, refused } = await side.drive({ load, prefix });
  await delay(SETTLE_MS); // the last events are delivered, and their workflows are about to end
  const rss = rssMb(side.pids);
  const after = afterwards === 'counted' ? await clocksWhenQuiet(side, server) : readClocks(side, server);
  const perEvent = (name: keyof typeof after) => (after[name] - before[name]) / countOf(load);
  const all = (['server', 'side', 'bench'] as const).map(perEvent);
  const others = perEvent('machine') - all.reduce((a, b) => a + b, 0);
  return {
    ...(await readHistories(server.address, side.taskQueue)),
    ack_p50: percentile(ackMs, 50),
    ack_p99: percentile(ackMs, 99),
    delivered_p50: percentile(deliveredMs, 50),
    delivered_p99: percentile(deliveredMs, 99),
    events_per_s: deliveredMs.length / seconds,
    refused,
    server_cpu: perEvent('server'),
    side_cpu: perEvent('side'),
    bench_cpu: perEvent('bench'),
    rss,
    rss_peak: peakRssMb(side.pids),
    others_cores: Math.max(0, (others * countOf(load)) / (after.wall - before.wall)),
    load_average: loadavg()[0] ?? 0,
  };
}

const SETTLE_MS = 1_000;
/** An idle server takes less. */
const QUIET_CORES = 0.1;
/** Temporal's queues pause for 5 s where they have too much to do (`history.visibilityProcessorPollBackoffInterval`). */
const QUIET_FOR_MS = 6_000;
const QUIET_WITHIN_MS = 600_000;
const LOOK_EVERY_MS = 500;

/**
 * SQLite's visibility may take minutes to write down what a burst has left: that is part of its cost, and all else is slow
 * meanwhile.
 *
 * @returns what the clocks were when the server had done it
 * @throws Error if that takes ten minutes
 */
async function clocksWhenQuiet(side: Pick<Side, 'pids'>, server: TemporalServer): Promise<Clocks> {
  const deadline = performance.now() + QUIET_WITHIN_MS;
  let done = readClocks(side, server);
  for (let before = done; before.wall - done.wall < QUIET_FOR_MS; ) {
    if (performance.now() > deadline) throw new Error('the Temporal server does not come to rest');
    await delay(LOOK_EVERY_MS);
    const now = readClocks(side, server);
    if (now.server - before.server > QUIET_CORES * LOOK_EVERY_MS) done = now;
    before = now;
  }
  return done;
}

export async function untilQuiet(server: TemporalServer): Promise<void> {
  await clocksWhenQuiet({ pids: [] }, server);
}

type Clocks = ReturnType<typeof readClocks>;

function readClocks(side: Pick<Side, 'pids'>, server: TemporalServer) {
  return {
    server: cpuMs(server.pids),
    side: cpuMs(side.pids),
    bench: cpuMs([process.pid]),
    machine: machineCpuMs(),
    wall: performance.now(),
  };
}

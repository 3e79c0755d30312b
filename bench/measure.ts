// Measures one side under one load: its latency and throughput, and what they cost each process.
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
  /** Requests that were answered with 503, and resent. */
  refused: number;
  /** CPU milliseconds per event of the Temporal server, of the side's own processes, and of the bench itself. */
  server_cpu: number;
  side_cpu: number;
  bench_cpu: number;
  rss: number;
  /** The peak since the side's start. */
  rss_peak: number;
  /** Cores that other processes of the machine used meanwhile: if over zero, compare within one run only. */
  others_cores: number;
  load_average: number;
}

let orders = 0;

/** @param afterwards whether the server's later work is part of the cost: the wait of a held delivery never ends */
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
  const known = (['server', 'side', 'bench'] as const).map(perEvent);
  const others = perEvent('machine') - known.reduce((a, b) => a + b, 0);
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
/** An idle Temporal server uses less. */
const QUIET_CORES = 0.1;
/** A queue of Temporal that has too much to do pauses for 5 s (`history.visibilityProcessorPollBackoffInterval`). */
const QUIET_FOR_MS = 6_000;
const QUIET_WITHIN_MS = 600_000;
const LOOK_EVERY_MS = 500;

/**
 * Waits until the Temporal server is idle. SQLite's visibility may take minutes to write what a burst has left:
 * that work is part of the burst's cost, and slows everything else meanwhile.
 *
 * @returns the clocks at the moment when the server became idle
 * @throws Error if the server is not idle within ten minutes
 */
async function clocksWhenQuiet(side: Pick<Side, 'pids'>, server: TemporalServer): Promise<Clocks> {
  const deadline = performance.now() + QUIET_WITHIN_MS;
  let done = readClocks(side, server);
  for (let before = done; before.wall - done.wall < QUIET_FOR_MS; ) {
    if (performance.now() > deadline) throw new Error('the Temporal server is still busy after ten minutes');
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

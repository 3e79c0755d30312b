// Measures how the cost of an event and the memory of `serve` grow with the number of events.
import { setTimeout as delay } from 'node:timers/promises';
import { measure, type Sample } from './measure.ts';
import { rssMb } from './processes.ts';
import { formatTable } from './report.ts';
import { type Side, type SideContext, startSide } from './sides.ts';
import { startTemporal, type TemporalServer } from './temporal.ts';

type Context = Omit<SideContext, 'temporalAddress'>;
type Say = (line: string) => void;
type Growth = (side: Side, server: TemporalServer) => Promise<void>;

/** The burst whose cost is measured at each step. */
const PROBE = { kind: 'closed', count: 500, atOnce: 50 } as const;
/** Events that are filled in at once; after each part the progress is shown. */
const PART = 2_500;
const IDLE_MS = 5_000;

export async function measureScale(steps = [1_000, 10_000, 50_000], context: Context, say: Say) {
  const samples: (Sample & { events: number })[] = [];
  await withServe(context, async (side, server) => {
    let stored = 0;
    for (const step of steps) {
      stored += await fill(side, server, step - stored, say);
      samples.push({ events: stored, ...(await measure(side, PROBE, server)) });
      stored += PROBE.count;
    }
  });
  const rows = samples.map((one) => [
    `${one.events}`,
    ...[one.server_cpu, one.side_cpu, one.events_per_s, one.rss].map((value) => value.toFixed(1)),
  ]);
  say(
    formatTable(
      ['events in the store', 'server CPU ms/event', 'own CPU ms/event', 'events/s', 'RSS MB'],
      rows,
    ),
  );
  return { scale: samples };
}

export async function measureMemory(steps = [5_000, 20_000], context: Context, say: Say) {
  const samples: { events: number; rss: number; rss_idle: number; rss_peak: number }[] = [];
  await withServe(context, async (side, server) => {
    let handled = 0;
    for (const step of steps) {
      const { rss, rss_peak } = await measure(side, { ...PROBE, count: step - handled }, server);
      handled = step;
      await delay(IDLE_MS);
      samples.push({ events: step, rss, rss_peak, rss_idle: rssMb(side.pids) });
    }
  });
  const rows = samples.map((one) => [
    `${one.events}`,
    ...[one.rss, one.rss_idle, one.rss_peak].map((value) => value.toFixed(0)),
  ]);
  say(
    formatTable(['events handled', 'RSS MB', `RSS MB, idle for ${IDLE_MS / 1_000} s`, 'peak RSS MB'], rows),
  );
  return { memory: samples };
}

async function fill(side: Side, server: TemporalServer, count: number, say: Say): Promise<number> {
  for (let left = count; left > 0; left -= PART) {
    const { events_per_s } = await measure(side, { ...PROBE, count: Math.min(left, PART) }, server);
    say(`${Math.max(0, left - PART)} events to fill in, ${events_per_s.toFixed(0)}/s`);
  }
  return Math.max(0, count);
}

async function withServe(context: Context, work: Growth): Promise<void> {
  const server = await startTemporal();
  const side = await startSide('serve', { ...context, temporalAddress: server.address });
  try {
    await work(side, server);
  } finally {
    await side.stop();
    await server.stop();
  }
}

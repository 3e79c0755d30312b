// Measures the deliveries to one endpoint under the same load while another endpoint answers, and while it hangs.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { makeEvents } from './events.ts';
import { measure } from './measure.ts';
import type { Options } from './options.ts';
import { type Load, pace } from './pace.ts';
import { formatTable } from './report.ts';
import { type Side, type SideContext, startSide } from './sides.ts';
import { startTemporal } from './temporal.ts';

type Context = Omit<SideContext, 'temporalAddress'>;

const PER_SECOND = 8;
/** Attempts hang for 15 s each: these need more than a worker's 100 slots, if nothing bounds them. */
const OTHER_PER_SECOND = 25;
const WARM_UP: Load = { kind: 'closed', count: 100, atOnce: 10 };

/** The other endpoint: it answers 200, or takes each request and never answers. */
class Other {
  hangs = false;
  requests = 0;
  readonly #server = createServer((request, response) => {
    this.requests += 1;
    request.resume().on('end', () => {
      if (!this.hangs) response.writeHead(200, { 'content-length': '0' }).end();
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/other`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

export async function measureDown(options: Options, context: Context, say: (line: string) => void) {
  const rows: string[][] = [];
  const samples: unknown[] = [];
  for (const name of options.otherBuild ? (['other', 'serve'] as const) : (['serve'] as const)) {
    const other = new Other();
    const otherUrl = await other.start();
    const server = await startTemporal();
    const { nodeArgs, otherBuild } = options;
    const side = await startSide(name, {
      ...context,
      nodeArgs,
      otherBuild,
      otherUrl,
      temporalAddress: server.address,
    });
    try {
      await measure(side, WARM_UP, server);
      for (const state of ['up', 'hangs'] as const) {
        other.hangs = state === 'hangs';
        other.requests = 0;
        const load: Load = { kind: 'open', perSecond: PER_SECOND, seconds: options.seconds };
        const both = [
          measure(side, load, server, 'left'),
          sendToOther(side, { ...load, perSecond: OTHER_PER_SECOND }, state),
        ] as const;
        const [sample] = await Promise.all(both);
        samples.push({ name, state, requests: other.requests, ...sample });
        const { delivered_p50, delivered_p99, server_cpu, side_cpu } = sample;
        const numbers = [delivered_p50, delivered_p99, server_cpu, side_cpu].map((value) => value.toFixed(0));
        rows.push([name, state, ...numbers, `${other.requests}`]);
      }
    } finally {
      await side.stop();
      await server.stop();
      other.stop();
    }
  }
  const head = [
    'side',
    'the other endpoint',
    'delivered p50 ms',
    'p99 ms',
    'server CPU ms/event',
    'own CPU',
    'its requests',
  ];
  say(formatTable(head, rows));
  return { down: samples };
}

/** Sends a load to the other endpoint; nobody waits for the deliveries. */
async function sendToOther(side: Side, load: Load & { kind: 'open' }, prefix: string): Promise<void> {
  if (side.url === '') throw new Error(`${side.name} has no second endpoint`);
  const events = makeEvents(load.perSecond * load.seconds, `other-${side.name}-${process.pid}-${prefix}`);
  const pool = new Pool(new URL(side.url).origin, { connections: 50 });
  await delay(500 / load.perSecond); // half an interval, so that both loads do not send in the same moment
  await pace(load, async (i) => {
    const { body, headers } = events[i] as (typeof events)[number];
    const answer = await pool.request({ path: '/webhooks/other', method: 'POST', headers, body });
    await answer.body.dump();
  });
  await pool.close();
}

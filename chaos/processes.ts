// Creates the processes of a run, as in production: two of `api`, two of `worker`, and as many of `serve` as asked for.
import { fileURLToPath } from 'node:url';
import { claimPort } from '../src/temporal/dev/ports-and-processes.ts';
import type { Book } from './book.ts';
import { ENCRYPTION_KEYS, ENDPOINT_SECRET } from './keys.ts';
import type { Receiver } from './receiver.ts';
import { type Ingress, SOURCE_SECRET } from './sender.ts';
import { type Role, SurehookProcess } from './surehook-process.ts';
import { API_KEYS } from './tasks.ts';
import type { TemporalServer } from './temporal-server.ts';

const CONFIG = fileURLToPath(new URL('./chaos.config.ts', import.meta.url));
export const TOKEN = 'operator-token-of-the-chaos-test';

/** A handler that fills its heap reaches the limit within a second or two. */
const HANDLER_MEMORY_MB = '96';

export interface ProcessesOptions {
  folder: string;
  book: Book;
  receiver: Receiver;
  temporal: TemporalServer;
  serves: number;
}

export async function createProcesses({ folder, book, receiver, temporal, serves }: ProcessesOptions) {
  const serveNames = Array.from({ length: serves }, (_, i) => `serve${i + 1}`);
  const ingresses: Ingress[] = [];
  const processes: SurehookProcess[] = [];
  for (const name of ['api1', 'api2', 'worker1', 'worker2', ...serveNames]) {
    const role = name.replace(/\d+$/, '') as Role;
    // An ingress keeps its port over all its lives, as behind a load balancer.
    const port = role === 'worker' ? 0 : await claimPort('PORT', 0, '');
    if (role !== 'worker') ingresses.push({ name, url: `http://127.0.0.1:${port}` });
    const env = {
      TEMPORAL_ADDRESS: temporal.address,
      SUREHOOK_CONFIG: CONFIG,
      SUREHOOK_OPERATOR_TOKEN: TOKEN,
      SUREHOOK_ENCRYPTION_KEYS: ENCRYPTION_KEYS,
      SUREHOOK_API_KEYS: API_KEYS,
      SUREHOOK_ALLOW_LOOPBACK_URLS: 'true',
      HOST: '127.0.0.1',
      PORT: String(port),
      OPERATOR_PORT: '0',
      CHAOS_SOURCE_SECRET: SOURCE_SECRET,
      CHAOS_ENDPOINT_SECRET: ENDPOINT_SECRET,
      CHAOS_RECEIVER_URL: receiver.url,
      SUREHOOK_HANDLER_MEMORY: HANDLER_MEMORY_MB,
    };
    processes.push(new SurehookProcess({ name, role, env, folder, book }));
  }
  return { processes, ingresses: ingresses as [Ingress, ...Ingress[]] };
}

// Agent tasks beside the events: each has a callback, and the work that `npm run chaos:finals` gives its tasks.
import { createHash } from 'node:crypto';
import { workflowIdOf } from '../src/contracts/ids.ts';
import { CALLBACK_SOURCE, callbackEventId, TASK_SOURCE } from '../src/contracts/task.ts';
import { taskIdOf } from '../src/tasks/start-task.ts';
import { type Book, type EventRecord, keyOf } from './book.ts';
import { ENDPOINT_SECRET } from './keys.ts';
import type { Parcel } from './sender.ts';

const CLIENT = 'chaos';
const API_KEY = 'key-of-the-chaos-client';
export const API_KEYS = `${CLIENT}:${API_KEY}`;
/** One event in so many brings a task with it: each costs several workflows' worth of work. */
const EVENTS_PER_TASK = 20;
/** What the receiver calls the address of a client; it always answers with 200. */
export const CALLBACK = 'callback';
/** A callback does not say which worker has sent it. */
export const SOME_WORKER = 'some worker';

export interface TaskOptions {
  n: number;
  seed: number;
  book: Book;
  receiverUrl: string;
}

/** @returns the task that is begun together with the nth event; undefined: there is none */
export function taskOf({ n, seed, book, receiverUrl }: TaskOptions): Parcel | undefined {
  if (n % EVENTS_PER_TASK !== 0) return undefined;
  const key = `task-${seed}-${n}`;
  const task_id = taskIdOf(CLIENT, key);
  const end = Buffer.from(JSON.stringify({ task_id, status: 'completed', result: { n } }));
  const record = book.open(TASK_SOURCE, task_id, 'work', createHash('sha256').update(end).digest('hex'));
  const hook = { webhook_url: `${receiverUrl}/${CALLBACK}`, webhook_secret: ENDPOINT_SECRET };
  return {
    record,
    path: '/agent/work',
    headers: () => ({ authorization: `Bearer ${API_KEY}`, 'idempotency-key': `"${key}"` }),
    body: Buffer.from(JSON.stringify({ n, ...hook })),
    expected: () => ({ task_id, status: 'processing' }),
  };
}

export function isTask({ source }: Pick<EventRecord, 'source'>): boolean {
  return source === TASK_SOURCE;
}

/** The workflow of the record's callback. A task asks nothing here, so that its end is all that it tells its client. */
export function callbackOf({ source, id }: Pick<EventRecord, 'source' | 'id'>): string | undefined {
  return isTask({ source }) ? workflowIdOf(CALLBACK_SOURCE, callbackEventId(id, 'own', 1)) : undefined;
}

/** The key of the record to which a workflow belongs: a callback belongs to its task. */
export function recordKeyOf(workflowId: string): string {
  const [, id] = /^callback:(task_[0-9a-f]+)\.own\.1$/.exec(workflowId) ?? [];
  return id === undefined ? workflowId : keyOf({ source: TASK_SOURCE, id });
}

/** A callback without its time, which only Surehook knows: these bytes are those of the record's digest. */
export function withoutTime(body: Buffer): Buffer {
  const { timestamp, ...rest } = JSON.parse(body.toString()) as Record<string, unknown>;
  return Buffer.from(JSON.stringify(rest));
}

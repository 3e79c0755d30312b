// Reads kind, event id and event type of bodies: small ones on the event loop, large ones in a thread, one after the other.
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import type { SourceConfig } from '../../config/config.ts';
import { type ErrorCode, HttpError } from '../http/errors.ts';
import { ASIDE_FROM_BYTES } from '../http/parse-json.ts';
import { type EventFields, type FieldsCall, readFields } from './read-fields.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const ENTRY = new URL(`./field-thread.${extension}`, import.meta.url);

/** Usual JSON of 16 MiB takes 0.2 s, the worst 2 to 6 s; providers wait for an answer for 5 s and longer. */
const READ_WITHIN_MS = 5_000;
/** The worst 16 MiB of JSON become objects of 450 MB. Beyond this the thread ends, not the process. */
const THREAD_HEAP_MB = 1_024;

/** The body comes back with the answer: until then it is the thread's. */
export type FieldAnswer = { rawBody: Uint8Array } & (
  | { fields: EventFields[] }
  | { refused: { code: ErrorCode; detail: string } }
);

/** An event of a body, with the part of the body that is its own. */
export interface ReadEvent extends Omit<EventFields, 'ownBody'> {
  rawBody: Uint8Array;
}

/** What of a source says how its bodies are read. */
export type ReadableSource = Pick<
  SourceConfig,
  'eventId' | 'eventType' | 'batch' | 'body' | 'maxBodyBytes'
> & {
  verify: Pick<SourceConfig['verify'], 'scheme'>;
};

interface Waiting {
  call: FieldsCall;
  settle: (answer: FieldAnswer | undefined) => void;
}

export interface FieldReaderOptions {
  log: Logger;
  /** Less than usual, to see the thread end. */
  threadHeapMb?: number;
  readWithinMs?: number;
}

export class FieldReader {
  readonly #options: FieldReaderOptions;
  #thread: Worker | undefined;
  #current: Waiting | undefined;
  readonly #queue: Waiting[] = [];

  constructor(options: FieldReaderOptions) {
    this.#options = options;
  }

  /**
   * The caller must not use `rawBody` any more, but what it gets back.
   *
   * @throws HttpError as `readFields` does, or `not_queued` if the thread is too late
   */
  async read({
    source,
    headers,
    rawBody,
  }: {
    source: ReadableSource;
    headers: FieldsCall['headers'];
    rawBody: Buffer;
  }): Promise<ReadEvent[]> {
    const { eventId, eventType, batch, body: expected, maxBodyBytes: maxBytes, verify } = source;
    const places = { eventId, eventType, batch };
    const call = { places, scheme: verify.scheme, headers, rawBody, expected, maxBytes };
    const small = await readSmall(call);
    if (small) return withBodies(small, rawBody);
    const answer = await this.#readAside(call);
    if (answer === undefined) throw tooLate();
    if ('refused' in answer) throw new HttpError(answer.refused.code, answer.refused.detail);
    return withBodies(answer.fields, answer.rawBody);
  }

  /** Ends the thread; a read that is under way is answered as one that is too late. */
  async stop(): Promise<void> {
    await this.#thread?.terminate();
  }

  /** @returns undefined if the thread has ended, or had no time */
  async #readAside(call: FieldsCall): Promise<FieldAnswer | undefined> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<FieldAnswer | undefined>((settle) => {
        const waiting = { call, settle };
        timer = setTimeout(() => this.#giveUp(waiting), this.#options.readWithinMs ?? READ_WITHIN_MS);
        this.#queue.push(waiting);
        this.#next();
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #giveUp(late: Waiting): void {
    late.settle(undefined);
    const at = this.#queue.indexOf(late);
    if (at >= 0) this.#queue.splice(at, 1);
    else if (this.#current === late) void this.#thread?.terminate(); // its exit lets the next one begin
  }

  #next(): void {
    if (this.#current !== undefined) return;
    this.#current = this.#queue.shift();
    if (this.#current === undefined) return;
    this.#thread ??= this.#start();
    const { call } = this.#current;
    this.#thread.postMessage(call, [call.rawBody.buffer as ArrayBuffer]);
  }

  #start(): Worker {
    const { log, threadHeapMb = THREAD_HEAP_MB } = this.#options;
    const thread = new Worker(ENTRY, { resourceLimits: { maxOldGenerationSizeMb: threadHeapMb } });
    thread.unref(); // it keeps no process from ending
    thread.on('message', (answer: FieldAnswer) => this.#settle(answer));
    thread.on('error', (error: NodeJS.ErrnoException) =>
      log.error(
        { error: error.code ?? error.name },
        'the thread of large bodies has failed: another one takes its place',
      ),
    );
    thread.once('exit', () => {
      this.#thread = undefined;
      this.#settle(undefined);
    });
    return thread;
  }

  #settle(answer: FieldAnswer | undefined): void {
    const current = this.#current;
    this.#current = undefined;
    current?.settle(answer);
    this.#next();
  }
}

function withBodies(events: EventFields[], rawBody: Uint8Array): ReadEvent[] {
  return events.map(({ ownBody = rawBody, ...fields }) => ({ ...fields, rawBody: ownBody }));
}

/** @returns undefined if the body is large, which one in a content encoding only shows when it is decoded */
async function readSmall(call: FieldsCall): Promise<EventFields[] | undefined> {
  if (call.rawBody.length >= ASIDE_FROM_BYTES) return undefined;
  const isMore = call.maxBytes > ASIDE_FROM_BYTES;
  try {
    return await readFields(isMore ? { ...call, maxBytes: ASIDE_FROM_BYTES } : call);
  } catch (error) {
    if (isMore && error instanceof HttpError && error.code === 'payload_too_large') return undefined;
    throw error;
  }
}

function tooLate(): HttpError {
  const detail = 'the body could not be read in time; send it again later';
  return new HttpError('not_queued', detail, { headers: { 'retry-after': '5' } });
}

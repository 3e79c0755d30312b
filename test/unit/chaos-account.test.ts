// Tests the accounting of the chaos runs: what it must call wrong, and what a fault explains.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { judge, judgeStarts } from '../../chaos/account.ts';
import { judgeAvailability, measureAvailability } from '../../chaos/availability.ts';
import { Book, type EventRecord, keyOf } from '../../chaos/book.ts';
import { handlerProcess } from '../../chaos/deeds.ts';
import type { Outcome } from '../../chaos/outcomes.ts';
import type { Parcel } from '../../chaos/sender.ts';
import { callbackOf, recordKeyOf, SOME_WORKER, taskOf, withoutTime } from '../../chaos/tasks.ts';
import type { EventView } from '../../src/api/operator/events/event-view.ts';

const T = 1_000_000;

/** Judges an event that worker1#1 has handled and delivered once, after `change` has made it wrong. */
function story(change: (event: EventRecord, book: Book) => void = () => undefined): string[] {
  const book = new Book();
  book.startedAt = T - 60_000;
  const event = book.open('shop', 'evt_1', 'order.paid', 'digest');
  event.sends.push({ at: T, endedAt: T + 5, to: 'api1', answer: 202 });
  event.acknowledgedAt = T + 5;
  event.handled.push({ at: T + 10, by: 'worker1#1' });
  for (const endpoint of ['healthy', 'flaky']) event.deliveries.push(delivery(endpoint, T + 200));
  change(event, book);
  const outcome: Outcome = { status: 'processed', closedAt: T + 300 };
  return judge({ book, outcomes: new Map([[keyOf(event), outcome]]), views: new Map() }, event);
}

const delivery = (endpoint: string, at: number, by = 'worker1#1') => ({
  ...{ at, endpoint, by, answer: 200, webhookId: 'msg_1', identical: true, verified: true },
});

const again = (by: string, afterMs: number) => (event: EventRecord) =>
  void event.handled.push({ at: T + 10 + afterMs, by });

describe('the chaos account', () => {
  it('finds no fault in an event that went well', () => {
    expect(story()).toEqual([]);
  });

  it('calls an acknowledged event that was never handled, or never delivered, lost', () => {
    expect(story((event) => event.handled.splice(0))).toContain('LOST: acknowledged, but never handled');
    expect(story((event) => event.deliveries.splice(0))).toContain('LOST: never delivered to healthy');
  });

  it('calls a second handling wrong if no fault explains it', () => {
    expect(story(again('worker2#1', 31_000))).toEqual([expect.stringMatching(/^TWICE: handled /)]);
  });

  it('calls a second delivery wrong if no fault explains it', () => {
    const change = (event: EventRecord) =>
      void event.deliveries.push(delivery('healthy', T + 900, 'worker2#1'));
    expect(story(change)).toEqual([expect.stringMatching(/^TWICE: delivered to healthy /)]);
  });

  it.each([
    ['the first worker was killed during the handling', 'kill', 'worker1#1', 50, 2_000],
    ['the first worker was stopped during the handling', 'stop', 'worker1#1', 50, 32_000],
    ['Temporal was killed before the result was reported', 'kill', 'temporal#1', 50, 3_000],
    ['the task was handed out just before Temporal was stopped', 'stop', 'temporal#1', -9_000, -1_000],
    ['the second worker was stopped with the task', 'stop', 'worker2#1', 20_000, 30_500],
  ])('accepts a second handling if %s', (_name, action, target, from, until) => {
    const change = (event: EventRecord, book: Book) => {
      again('worker2#1', 31_000)(event);
      book.incidents.push({ action, target, at: T + 10 + from, until: T + 10 + until });
    };
    expect(story(change)).toEqual([]);
  });

  it.each([
    ['an earlier fault of Temporal that was long over', 'kill', 'temporal#1', -20_000, -17_000],
    ['a fault of Temporal long after the first handling was reported', 'kill', 'temporal#1', 15_000, 17_000],
    ['a kill of another worker', 'kill', 'worker3#1', 50, 2_000],
    ['a kill of the first worker long after the handling', 'kill', 'worker1#1', 15_000, 17_000],
    ['an orderly stop', 'term', 'worker1#1', 50, 2_000],
    ['a bad phase of the endpoint', 'hang', 'flaky', 50, 2_000],
  ])('does not accept a second handling because of %s', (_name, action, target, from, until) => {
    const change = (event: EventRecord, book: Book) => {
      again('worker2#1', 31_000)(event);
      book.incidents.push({ action, target, at: T + 10 + from, until: T + 10 + until });
    };
    expect(story(change)).toEqual([expect.stringMatching(/^TWICE: /)]);
  });

  it('calls changed bytes, an invalid signature and a changed webhook-id wrong', () => {
    const spoil = (change: object) => story((event) => void Object.assign(event.deliveries[0] ?? {}, change));
    expect(spoil({ identical: false })).toEqual(['delivered to healthy with other bytes']);
    expect(spoil({ verified: false })).toEqual([
      'delivered to healthy with a signature that does not verify',
    ]);
    expect(spoil({ webhookId: 'msg_2' })).toEqual(['delivered under 2 webhook-ids']);
  });

  it('calls an answer that is neither 2xx nor 503, and a broken connection without a fault, wrong', () => {
    const answered = (answer: number | string) =>
      story((event) => void event.sends.unshift({ at: T - 10, endedAt: T - 5, to: 'api1', answer }));
    expect(answered(503)).toEqual([]);
    expect(answered(500)).toEqual([expect.stringMatching(/^api1 answered with 500 /)]);
    expect(answered('ECONNRESET')).toEqual([expect.stringMatching(/^api1 answered with ECONNRESET /)]);
  });

  it('calls a failed start wrong while Temporal is up', () => {
    const book = new Book();
    const starts = [{ instance: 'worker1#2', at: T, until: T + 2_000 }];
    expect(judgeStarts(book, starts)).toEqual([expect.stringMatching(/^worker1#2 did not start /)]);
    book.incidents.push({ action: 'kill', target: 'temporal#1', at: T - 1_000, until: T + 500 });
    expect(judgeStarts(book, starts)).toEqual([]);
  });
});

/** The handler process in which the event was handled first. */
const PROCESS = handlerProcess('worker1#1', 100);
const OTHER = handlerProcess('worker1#1', 200);

describe('the chaos account of nasty handlers', () => {
  const handledTwice = (event: EventRecord, laterMs = 400) => {
    event.handled.splice(0, 1, { at: T + 10, by: 'worker1#1', process: PROCESS });
    event.handled.push({ at: T + 10 + laterMs, by: 'worker1#1', process: OTHER });
  };

  it.each(['exits', 'aborts', 'crashes', 'fills', 'blocks', 'computes'])(
    'accepts a second handling if a neighbour %s in the process of the first',
    (action) => {
      const change = (event: EventRecord, book: Book) => {
        handledTwice(event);
        book.incidents.push({ action, target: PROCESS, at: T + 5, until: T + 150 });
      };
      expect(story(change)).toEqual([]);
    },
  );

  it.each([
    ['in another process of the same worker', 'exits', OTHER, 50, 150],
    ['long after the handling', 'exits', PROCESS, 15_000, 15_100],
    ['and harms no process by it', 'strays', PROCESS, 50, 150],
  ])(
    'does not accept a second handling if a neighbour misbehaves %s',
    (_name, action, target, from, until) => {
      const change = (event: EventRecord, book: Book) => {
        handledTwice(event, 20_000);
        book.incidents.push({ action, target, at: T + 10 + from, until: T + 10 + until });
      };
      expect(story(change)).toEqual([expect.stringMatching(/^TWICE: handled /)]);
    },
  );

  it('does not accept a second delivery, or a broken connection, because a handler process ended', () => {
    const change = (event: EventRecord, book: Book) => {
      event.sends.unshift({ at: T - 10, endedAt: T - 5, to: 'worker1', answer: 'ECONNRESET' });
      event.deliveries.push(delivery('healthy', T + 900));
      book.incidents.push({ action: 'exits', target: PROCESS, at: T - 20, until: T + 1_000 });
    };
    expect(story(change)).toEqual([
      expect.stringMatching(/^TWICE: delivered to healthy /),
      expect.stringMatching(/^worker1 answered with ECONNRESET /),
    ]);
  });

  it('accepts a second run of a handler that computes for 40 s if its worker was stopped meanwhile, or in order', () => {
    for (const action of ['stop', 'term']) {
      const run = (type: string) =>
        story((event, book) => {
          Object.assign(event, { type, ...(type === 'computes' ? { source: 'patient' } : {}) });
          handledTwice(event, 20_000);
          book.incidents.push({ action, target: 'worker1#1', at: T - 35_000, until: T - 5_000 });
        });
      expect(run('computes')).toEqual([]);
      expect(run('order.paid')).toEqual([expect.stringMatching(/^TWICE: handled /)]);
    }
  });
});

describe('the chaos account of handlers that misbehave always', () => {
  const failing = { at: new Date(T).toISOString(), duration_ms: 5, error: 'interrupted' };

  function hopeless(attempts: number, change: (event: EventRecord, book: Book) => void = () => undefined) {
    const book = new Book();
    const event = book.open('hopeless', 'evt_2', 'exits', 'digest');
    event.sends.push({ at: T, endedAt: T + 5, to: 'api1', answer: 202 });
    event.acknowledgedAt = T + 5;
    for (let n = 1; n <= attempts; n++)
      event.deeds.push({ at: T + n * 500, by: 'worker1#1', process: PROCESS, kind: 'exits', attempt: n });
    change(event, book);
    const handler = {
      status: 'failed',
      attempts: Array.from({ length: attempts }, (_, n) => ({ ...failing, attempt: n + 1 })),
    };
    const view = { status: 'failed', handler, deliveries: [], earlier_runs: [] } as unknown as EventView;
    const outcome: Outcome = { status: 'failed', closedAt: T + 5_000 };
    const facts = {
      book,
      outcomes: new Map([[keyOf(event), outcome]]),
      views: new Map([[keyOf(event), view]]),
    };
    return judge(facts, event);
  }

  it('calls an attempt that was made twice under one number wrong, though its process ended', () => {
    expect(hopeless(3)).toEqual([]);
    const again = (event: EventRecord, book: Book) => {
      event.deeds.push({ at: T + 900, by: 'worker1#1', process: OTHER, kind: 'exits', attempt: 1 });
      book.incidents.push({ action: 'exits', target: PROCESS, at: T + 500, until: T + 520 });
    };
    expect(hopeless(3, again)).toEqual([expect.stringMatching(/^TWICE: attempt 1 was made /)]);
    const killed = (event: EventRecord, book: Book) => {
      again(event, book);
      book.incidents.push({ action: 'kill', target: 'worker1#1', at: T + 510, until: T + 800 });
    };
    expect(hopeless(3, killed)).toEqual([]);
  });

  it('calls more or fewer attempts than the schedule has wrong', () => {
    expect(hopeless(4)).toEqual(['4 attempts are on record, and the schedule has 3']);
    expect(hopeless(1)).toEqual(['1 attempts are on record, and the schedule has 3']);
  });

  it('calls an event whose handler misbehaves always and that was handled all the same wrong', () => {
    const change = (event: EventRecord) => void event.handled.push({ at: T + 10, by: 'worker1#1' });
    expect(hopeless(3, change)).toEqual(['handled, though its handler must fail']);
  });
});

describe('the chaos account of tasks', () => {
  /** Judges a task that worker1#1 has worked on, and that has called its client back once. */
  function task(change: (task: EventRecord, book: Book) => void = () => undefined) {
    const book = new Book();
    const record = taskOf({ n: 20, seed: 1, book, receiverUrl: 'http://receiver' })?.record as EventRecord;
    record.sends.push({ at: T, endedAt: T + 5, to: 'api1', answer: 202 });
    record.acknowledgedAt = T + 5;
    record.handled.push({ at: T + 10, by: 'worker1#1' });
    record.deliveries.push(delivery('callback', T + 500, SOME_WORKER));
    change(record, book);
    const outcome: Outcome = { status: 'processed', closedAt: T + 600 };
    return judge({ book, outcomes: new Map([[keyOf(record), outcome]]), views: new Map() }, record);
  }

  it('calls a task lost that was never worked on, or whose client was never called back', () => {
    expect(task()).toEqual([]);
    expect(task(({ handled }) => handled.splice(0))).toEqual(['LOST: acknowledged, but never handled']);
    expect(task(({ deliveries }) => deliveries.splice(0))).toEqual(['LOST: never delivered to callback']);
  });

  it.each([
    ['worker2#3', []],
    ['serve1#1', []],
    ['temporal#2', []],
    ['api1#1', [expect.stringMatching(/^TWICE: delivered to callback /)]],
  ])('when a callback comes twice, asks whether what may have sent it was killed: %s', (target, faults) => {
    const change = ({ deliveries }: EventRecord, book: Book) => {
      deliveries.push(delivery('callback', T + 9_000, SOME_WORKER));
      book.incidents.push({ action: 'kill', target, at: T + 510, until: T + 2_000 });
    };
    expect(task(change)).toEqual(faults);
  });

  it('accepts 409 while the first request of a task is under way, and not as the answer to an event', () => {
    const refused = (event: EventRecord) =>
      void event.sends.unshift({ at: T - 10, endedAt: T - 5, to: 'api1', answer: 409 });
    expect(task(refused)).toEqual([]);
    expect(story(refused)).toEqual([expect.stringMatching(/^api1 answered with 409 /)]);
  });

  it('finds the task of a callback, and knows all of its body but the time', () => {
    const { record, body } = taskOf({ n: 40, seed: 1, book: new Book(), receiverUrl: 'http://r' }) as Parcel;
    expect(recordKeyOf(callbackOf(record) ?? '')).toBe(keyOf(record));
    expect(recordKeyOf('shop:evt_1')).toBe('shop:evt_1');
    expect(JSON.parse(body.toString())).toMatchObject({ n: 40, webhook_url: 'http://r/callback' });
    const told = { task_id: record.id, status: 'completed', result: { n: 40 }, timestamp: 'now' };
    const digest = (one: object) =>
      createHash('sha256')
        .update(withoutTime(Buffer.from(JSON.stringify(one))))
        .digest('hex');
    expect(digest(told)).toBe(record.digest);
    expect(digest({ ...told, status: 'failed' })).not.toBe(record.digest);
  });

  it('begins one task with every twentieth event', () => {
    const book = new Book();
    for (let n = 0; n < 100; n++) taskOf({ n, seed: 1, book, receiverUrl: 'http://r' });
    expect(book.events.size).toBe(5);
  });
});

it('the chaos account wants exactly one answer of 200 from the odd endpoint', () => {
  const odd = (answers: number[]) =>
    story((event) => {
      Object.assign(event, { type: 'order.odd' });
      event.deliveries.splice(1);
      for (const [i, answer] of answers.entries())
        event.deliveries.push({ ...delivery('odd', T + 200 + i * 1_000), answer });
    });
  expect(odd([429, 200])).toEqual([]);
  expect(odd([301])).toEqual(['LOST: never delivered to odd']);
  expect(odd([200, 200])).toEqual([expect.stringMatching(/^TWICE: delivered to odd /)]);
});

describe('the share of requests that undisturbed ingresses answer well', () => {
  /** A thousand requests that api1 has answered in 5 ms, and one more. */
  function share(answer: number | string, tookMs = 5, change: (book: Book) => void = () => undefined) {
    const book = new Book();
    const event = book.open('shop', 'evt_1', 'order.paid', 'digest');
    const send = (at: number, answer: number | string, tookMs: number) =>
      event.sends.push({ at, endedAt: at + tookMs, to: 'api1', answer });
    for (let n = 1; n <= 1_000; n++) send(T - 100_000 - n, 202, 5);
    send(T, answer, tookMs);
    send(T, answer, tookMs);
    change(book);
    const measured = measureAvailability(book, () => false);
    const { requests, answered } = measured;
    return { requests, answered, isWrong: judgeAvailability(book, measured).length > 0 };
  }

  it('counts 2xx within 3 s, and neither a 503 nor a late answer nor none', () => {
    expect(share(200)).toEqual({ requests: 1_002, answered: 1_002, isWrong: false });
    for (const [answer, tookMs] of [[503], [202, 3_001], ['ECONNRESET']] as [number | string, number?][])
      expect(share(answer, tookMs)).toEqual({ requests: 1_002, answered: 1_000, isWrong: true });
  });

  it.each([
    ['the ingress is started', 'kill', 'api1#1', -500, 100, 1_000],
    ['the ingress is stopped', 'stop', 'api1#1', -10, 100, 1_000],
    ['Temporal is away', 'kill', 'temporal#1', -500, 100, 1_000],
    ['Temporal has just come back', 'stop', 'temporal#1', -3_000, -1_000, 1_000],
    ['another ingress is killed', 'kill', 'api2#1', -500, 100, 1_002],
    ['strangers visit the ingress', 'drips', 'api1', -500, 100, 1_002],
    ['a handler ends its process', 'exits', handlerProcess('api1#1', 100), -500, 100, 1_002],
  ])('leaves out only what it must: %s', (_name, action, target, from, until, requests) => {
    const incident = { action, target, at: T + from, until: T + until };
    expect(share(503, 5, (book) => void book.incidents.push(incident)).requests).toBe(requests);
  });
});

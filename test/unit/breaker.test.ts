// Tests when an endpoint's breaker opens, which deliveries it holds and for how long, and when it closes.
import { beforeEach, describe, expect, it } from 'vitest';
import {
  Breaker,
  type Change,
  IN_FLIGHT_MAX,
  type Permit,
  type Refusal,
} from '../../src/activities/delivery/breaker.ts';
import { toVerdict } from '../../src/activities/delivery/breakers.ts';
import type { BreakerState } from '../../src/contracts/endpoint.ts';

const CONFIG = { failures: 3, probeAfterMs: 10_000, holdForMs: 60_000, alertAfterMs: 300_000 };
const FAILED = { is: 'failed', error: 'timeout' } as const;
const ANSWERED = { is: 'answered' } as const;

let now: number;
let random: number;
let changes: Change[];
let states: BreakerState[];
let breaker: Breaker;

function create(config: typeof CONFIG | undefined = CONFIG): Breaker {
  return new Breaker({
    config,
    timeoutMs: 5_000,
    onState: (state) => void states.push(state),
    onChange: (change) => void changes.push(change),
    clock: () => now,
    random: () => random,
  });
}

beforeEach(() => {
  [now, random, changes, states] = [1_000_000, 0.5, [], []];
  breaker = create();
});

function permit(key = 'any'): Permit {
  const answer = breaker.request(key);
  if ('release' in answer) return answer;
  throw new Error(`held: ${answer.reason}`);
}

function refusal(key = 'any'): Refusal {
  const answer = breaker.request(key);
  if ('release' in answer) throw new Error('let through');
  return answer;
}

const fail = (times: number) => {
  for (let i = 0; i < times; i++) permit().release(FAILED);
};

describe('a breaker', () => {
  it('opens after the configured number of failures in a row', () => {
    fail(2);
    expect(changes).toEqual([]);
    fail(1);
    expect(changes).toEqual(['opened']);
    expect(breaker.report()).toMatchObject({ state: 'open', failures: 3, last_error: 'timeout' });
    expect(refusal().reason).toBe('endpoint_down');
  });

  it('does not open if an answer came between the failures', () => {
    fail(2);
    permit().release(ANSWERED);
    fail(2);
    expect(changes).toEqual([]);
  });

  it('does not open if the failures are far apart', () => {
    for (let i = 0; i < 10; i++) {
      fail(1);
      now += 40_000;
    }
    expect(changes).toEqual([]);
  });

  it('does not open by attempts that say nothing about the endpoint', () => {
    for (let i = 0; i < 10; i++) permit().release();
    expect(breaker.report()).toMatchObject({ state: 'closed', failures: 0 });
  });

  it('never opens if it is switched off', () => {
    const off = new Breaker({ config: undefined, timeoutMs: 1, onState: () => {}, onChange: () => {} });
    for (let i = 0; i < 100; i++) (off.request('any') as Permit).release(FAILED);
    expect('release' in off.request('any')).toBe(true);
  });
});

describe('an open breaker', () => {
  beforeEach(() => fail(3));

  it('lets the first held delivery wait until the probe, and spreads the others after the probe', () => {
    expect(refusal('a').delayMs).toBe(10_000);
    expect(refusal('b').delayMs).toBe(15_000);
    random = 0.99;
    expect(refusal('c').delayMs).toBe(19_900);
  });

  it('spreads many held deliveries over a longer time', () => {
    random = 1;
    for (let i = 0; i < 1_000; i++) refusal(`delivery ${i}`);
    expect(refusal('last').delayMs).toBe(50_000);
    expect(breaker.report().held).toBe(1_001);
  });

  it('does not count requests without a key as held', () => {
    expect('release' in breaker.request(undefined)).toBe(false);
    expect(breaker.report().held).toBe(0);
    expect(refusal('a').delayMs).toBe(10_000);
  });

  it('forgets held deliveries that do not come back', () => {
    refusal('a');
    now += 10_000 + 60_001;
    expect(breaker.report().held).toBe(0);
  });

  it('permits one probe when its time has come, and only one', () => {
    now += 10_000;
    const probe = permit();
    expect(states.at(-1)).toBe('half_open');
    expect(refusal().reason).toBe('endpoint_down');
    probe.release(ANSWERED);
    expect(changes).toEqual(['opened', 'closed']);
    expect(breaker.report()).toMatchObject({ state: 'closed', failures: 0, last_error: null });
    permit();
  });

  it('doubles its wait after each failed probe, up to a minute', () => {
    const waits = Array.from({ length: 5 }, () => {
      now = Date.parse(breaker.report().next_probe_at ?? '');
      permit().release(FAILED);
      return Date.parse(breaker.report().next_probe_at ?? '') - now;
    });
    expect(waits).toEqual([20_000, 40_000, 60_000, 60_000, 60_000]);
    expect(changes.slice(1)).toEqual(Array(5).fill('still_down'));
  });

  it('permits another probe if the probe was cut off', () => {
    now += 10_000;
    permit().release();
    permit().release(ANSWERED);
    expect(changes).toEqual(['opened', 'closed']);
  });

  it('has a probe at its time, and says when, though one that an operator forced found nothing out', () => {
    expect(refusal('a').delayMs).toBe(10_000); // `a` was to be the probe
    now += 3_000;
    const forced = breaker.request('a', true) as Permit;
    now += 1_000;
    forced.release();
    expect(refusal('b').delayMs).toBe(6_000); // now it is `b`
    now += 1_000;
    const late = breaker.request('a', true) as Permit;
    now += 15_000;
    late.release();
    expect(breaker.report()).toMatchObject({
      state: 'open',
      next_probe_at: new Date(now).toISOString(), // not a time that has passed
    });
    permit('b').release(ANSWERED);
    expect(breaker.report().state).toBe('closed');
  });

  it('starts over after it has closed, with the first wait and no failures counted', () => {
    now += 10_000;
    permit().release(FAILED);
    now += 20_000;
    permit().release(ANSWERED);
    fail(2);
    expect(breaker.report().state).toBe('closed');
    fail(1);
    expect(refusal('a').delayMs).toBe(10_000);
  });
});

describe('a wait that the endpoint asks for', () => {
  const busy = (retryAfterMs: number) => permit().release({ is: 'failed', error: 'http_429', retryAfterMs });

  it('holds all deliveries until then, spread, though the breaker is closed', () => {
    busy(6_000);
    random = 0;
    expect(refusal('a')).toEqual({ reason: 'endpoint_busy', delayMs: 6_000, askedUntil: now + 6_000 });
    random = 1;
    expect(refusal('b').delayMs).toBe(7_000);
    expect(breaker.report()).toMatchObject({ state: 'closed', held: 2 });
    now += 6_000;
    permit('a').release(ANSWERED);
    permit('b');
  });

  it('is not cut short by a shorter one, and ends with an answer', () => {
    const late = permit();
    busy(60_000);
    late.release({ is: 'failed', error: 'http_429', retryAfterMs: 1_000 });
    expect(refusal('a').delayMs).toBeGreaterThanOrEqual(60_000);
    const forced = breaker.request('b', true) as Permit; // an operator wants an attempt now
    forced.release(ANSWERED);
    permit('a');
  });

  it('puts off the probe of a breaker that opens', () => {
    fail(2);
    busy(30_000);
    expect(changes).toEqual(['opened']);
    expect(refusal('a')).toEqual({ reason: 'endpoint_down', delayMs: 30_000 });
  });

  it('holds only the event if the breaker is switched off', () => {
    const off = new Breaker({ config: undefined, timeoutMs: 1, onState: () => {}, onChange: () => {} });
    (off.request('any') as Permit).release({ is: 'failed', error: 'http_429', retryAfterMs: 60_000 });
    expect('release' in off.request('any')).toBe(true);
  });
});

describe('attempts that began before the breaker opened', () => {
  it('close the breaker if they get an answer, and do not delay the probe if they fail', () => {
    const [late, later] = [permit(), permit()];
    fail(3);
    now += 5_000;
    late.release(FAILED);
    expect(refusal('a').delayMs).toBe(5_000);
    later.release(ANSWERED);
    expect(changes).toEqual(['opened', 'closed']);
  });
});

describe('attempts in flight', () => {
  it('have a maximum, and each gives its place back only once', () => {
    const permits = Array.from({ length: IN_FLIGHT_MAX }, (_, i) => permit(`delivery ${i}`));
    const held = refusal('one more');
    expect(held.reason).toBe('endpoint_busy');
    expect(held.delayMs).toBeGreaterThanOrEqual(1_000);
    permits[0]?.release(ANSWERED);
    permits[0]?.release();
    permit('one more');
    expect(refusal('and another').reason).toBe('endpoint_busy');
  });
});

describe('an attempt', () => {
  it.each([
    [{ ok: true, statusCode: 200 }, 'answered'],
    [{ ok: false, statusCode: 302 }, 'answered'],
    [{ ok: false, statusCode: 400 }, 'answered'],
    [{ ok: false, statusCode: 404 }, 'answered'],
    [{ ok: false, statusCode: 410, permanent: true }, 'answered'],
    [{ ok: false, statusCode: 408 }, 'failed'],
    [{ ok: false, statusCode: 429 }, 'failed'],
    [{ ok: false, statusCode: 500 }, 'failed'],
    [{ ok: false, statusCode: 503 }, 'failed'],
    [{ ok: false, error: 'timeout' }, 'failed'],
    [{ ok: false, error: 'connection_refused' }, 'failed'],
  ])('with the result %j counts as %s', (result, is) => {
    expect(toVerdict(result).is).toBe(is);
  });

  it('that was answered with 429 and a wait holds the endpoint; that of a 503 may be of one of its parts', () => {
    const result = { ok: false, retryAfterMs: 6_000 };
    expect(toVerdict({ ...result, statusCode: 429 })).toMatchObject({ retryAfterMs: 6_000 });
    expect(toVerdict({ ...result, statusCode: 503 })).not.toHaveProperty('retryAfterMs');
  });
});

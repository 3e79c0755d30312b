// Tests when an alert route sends, when it checks incidents again, when it ends, and what it carries to its next run.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Pace, Raise, SendAlertResult } from '../../src/contracts/alert.ts';
import {
  AlertRouteState,
  type Batch,
  LINGER_MS,
  RECHECKS_AFTER_MS,
} from '../../src/workflows/alert-route-state.ts';

const START = 1_000_000;
const PACE: Pace = { gather_ms: 5_000, every_ms: 60_000 };
const HOUR_MS = 3_600_000;

let now: number;
let state: AlertRouteState;
let runs: number;

beforeEach(() => {
  [now, runs] = [START, 0];
  state = new AlertRouteState({ now });
});

function aRaise(given: Partial<Raise> = {}): Raise {
  runs += 1;
  return {
    kind: 'dead_letter',
    source: 'shop',
    event_id: `evt_${runs}`,
    event_type: 'order.paid',
    failed_steps: ['handler'],
    errors: ['http_500'],
    at: new Date(now).toISOString(),
    run_id: `01930000-0000-7000-8000-${String(runs).padStart(12, '0')}`,
    ...given,
  };
}

const raise = (given = aRaise(), pace = PACE) => state.raise({ raises: [given], pace }, now);
/** Milliseconds until the route is due. */
const waitMs = () => state.dueAt() - now;
const countOf = ({ gathered }: Batch) => gathered.dead_letter?.shop?.count ?? 0;

/**
 * Sends an alert when the route is due: sending takes `lastsMs`, and its activity asks to check the sources
 * `recheck` again.
 */
function send({ recheck = [], lastsMs = 0 }: { recheck?: string[]; lastsMs?: number } = {}): Batch {
  now = Math.max(now, state.dueAt());
  const batch = state.take();
  now += lastsMs;
  state.sent(batch, { status: 'sent', recheck } satisfies SendAlertResult, now);
  return batch;
}

describe('the first alert of a route', () => {
  it('waits for gather_ms after its first raise', () => {
    raise();
    expect(state.isIdle()).toBe(false);
    expect(waitMs()).toBe(5_000);
  });

  it('waits for gather_ms also after the route was idle for a while', () => {
    now += 30_000;
    raise();
    expect(waitMs()).toBe(5_000);
  });

  it('is not delayed by further raises, and includes all of them', () => {
    raise();
    now += 4_000;
    raise();
    raise();
    expect(waitMs()).toBe(1_000);
    expect(countOf(send())).toBe(3);
  });

  it('goes out at once if gather_ms is 0', () => {
    raise(aRaise(), { ...PACE, gather_ms: 0 });
    expect(waitMs()).toBe(0);
  });
});

describe('a further alert', () => {
  beforeEach(() => {
    raise();
    send();
  });

  it('goes out every_ms after the one before it', () => {
    now += 1_000;
    raise();
    expect(waitMs()).toBe(59_000);
    expect(countOf(send())).toBe(1);
  });

  it('waits for gather_ms if every_ms ends sooner or is over', () => {
    now += 58_000;
    raise();
    expect(waitMs()).toBe(5_000);
    send();
    now += 90_000;
    raise();
    expect(waitMs()).toBe(5_000);
  });

  it('waits every_ms from the end of the sending before it, and includes what was raised meanwhile', () => {
    raise();
    now = state.dueAt();
    const batch = state.take();
    now += 10_000;
    raise();
    now += 10_000;
    state.sent(batch, { status: 'sent', recheck: [] }, now);
    expect(waitMs()).toBe(60_000);
    expect(countOf(send())).toBe(1);
  });

  it('keeps the pace of the latest signal', () => {
    raise(aRaise(), { gather_ms: 0, every_ms: 10_000 });
    send();
    raise(aRaise(), { gather_ms: 0, every_ms: 10_000 });
    expect(waitMs()).toBe(10_000);
  });
});

describe('a raise', () => {
  it('counts once, however often it is repeated, even after its alert', () => {
    const repeated = aRaise();
    raise(repeated);
    raise(repeated);
    expect(countOf(send())).toBe(1);
    raise(repeated);
    expect(state.isIdle()).toBe(true);
  });

  it('of another kind or of another run is another raise', () => {
    const first = aRaise();
    raise(first);
    raise({ ...first, kind: 'recovered' });
    raise(aRaise({ event_id: first.event_id }));
    const { gathered } = send();
    expect(gathered.dead_letter?.shop?.count).toBe(2);
    expect(gathered.recovered?.shop?.count).toBe(1);
  });

  it('that is repeated after 5,000 others counts again', () => {
    const repeated = aRaise();
    raise(repeated);
    for (let i = 0; i < 5_000; i++) raise();
    raise(repeated);
    expect(countOf(send())).toBe(5_002);
  });
});

describe('an alert that could not be sent', () => {
  it('is sent again after every_ms, together with what was raised since', () => {
    raise();
    now = state.dueAt();
    const batch = state.take();
    raise();
    state.notSent(batch, now);
    expect(waitMs()).toBe(60_000);
    expect(countOf(send())).toBe(2);
  });

  it('keeps the sources that it was to check again, and how often they were checked', () => {
    raise(aRaise(), { ...PACE, every_ms: 0 });
    send({ recheck: ['shop'] });
    send({ recheck: ['shop'] });
    now = state.dueAt();
    const batch = state.take();
    state.notSent(batch, now);
    expect(waitMs()).toBe(30_000);
    expect(state.take()).toEqual({ gathered: {}, recheck: ['shop'] });
  });
});

describe('a source whose incident may be over', () => {
  const QUICK = { gather_ms: 2_000, every_ms: 1_000 };

  beforeEach(() => {
    raise(aRaise(), QUICK);
    send({ recheck: ['shop'] });
  });

  it('is checked after 10 s, 30 s and 5 minutes, and then not again', () => {
    const waits: number[] = [];
    while (!state.isIdle()) {
      waits.push(waitMs());
      expect(send({ recheck: ['shop'] })).toEqual({ gathered: {}, recheck: ['shop'] });
    }
    expect(waits).toEqual([10_000, 30_000, 300_000]);
    expect(waits).toEqual(RECHECKS_AFTER_MS);
  });

  it('is not checked again once a check has found the incident over', () => {
    send();
    expect(state.isIdle()).toBe(true);
  });

  it('is checked with the next alert if there are new raises, which do not wait for a check', () => {
    now += 9_000;
    raise(aRaise(), QUICK);
    expect(waitMs()).toBe(2_000);
    expect(send()).toMatchObject({ gathered: { dead_letter: { shop: { count: 1 } } }, recheck: ['shop'] });
  });

  it('is checked three times again after new raises', () => {
    send({ recheck: ['shop'] });
    raise(aRaise(), QUICK);
    send({ recheck: ['shop'] });
    expect(waitMs()).toBe(10_000);
  });

  it('is not checked more often than every_ms', () => {
    raise(aRaise(), { gather_ms: 0, every_ms: 60_000 });
    send({ recheck: ['shop'] });
    expect(waitMs()).toBe(60_000);
  });
});

describe('an idle route', () => {
  it('ends two minutes after its start or its last alert, and recognises repeated raises until then', () => {
    expect(state.isIdle()).toBe(true);
    expect(waitMs()).toBe(LINGER_MS);
    raise();
    send();
    expect(state.isIdle()).toBe(true);
    expect(waitMs()).toBe(120_000);
  });

  it('does not end before every_ms is over, since only the route knows when the next alert may go out', () => {
    raise(aRaise(), { gather_ms: 0, every_ms: HOUR_MS });
    send();
    expect(waitMs()).toBe(HOUR_MS);
  });

  it('gathers for gather_ms even if an idle route would end earlier', () => {
    raise(aRaise(), { gather_ms: HOUR_MS, every_ms: 0 });
    expect(waitMs()).toBe(HOUR_MS);
    expect(state.isIdle()).toBe(false);
  });
});

describe('the next run of a route', () => {
  const goOn = () => {
    state = new AlertRouteState({ carried: JSON.parse(JSON.stringify(state.carried())), now });
  };

  it('goes on gathering, and sends when the run before it would have sent', () => {
    const repeated = aRaise();
    raise(repeated);
    now += 2_000;
    goOn();
    expect(waitMs()).toBe(3_000);
    raise(repeated);
    raise();
    expect(countOf(send())).toBe(2);
  });

  it('keeps the pace, the planned checks and the planned end', () => {
    raise();
    send({ recheck: ['shop'] });
    send({ recheck: ['shop'] });
    now += 10_000;
    goOn();
    expect(waitMs()).toBe(50_000);
    expect(send()).toEqual({ gathered: {}, recheck: ['shop'] });
    now += 100_000;
    goOn();
    expect(state.isIdle()).toBe(true);
    expect(waitMs()).toBe(20_000);
  });
});

// Tests how often somebody may ask, what the answers say of it, and what is kept of those who have asked.
import { describe, expect, it } from 'vitest';
import { RequestRates } from '../../src/api/http/request-rates.ts';

const rate = { burst: 3, perSecond: 2 };

describe('a client that asks often', () => {
  it('may use up its burst, is told when to ask again, and gets its rate back', () => {
    const rates = new RequestRates('requests');
    const counts = [0, 0, 0, 0].map((now) => rates.count('shop', rate, now));
    expect(counts.map(({ isWithin }) => isWithin)).toEqual([true, true, true, false]);
    expect(counts[0]?.headers).toEqual({
      'ratelimit-policy': '"requests";q=3;w=2',
      ratelimit: '"requests";r=2;t=1',
    });
    expect(counts[3]?.headers['retry-after']).toBe('1');
    expect(rates.count('bank', rate, 0).isWithin).toBe(true);
    expect([500, 500].map((now) => rates.count('shop', rate, now).isWithin)).toEqual([true, false]);
  });

  it('with less than one request a second is told to wait for as long as it takes', () => {
    const rates = new RequestRates('requests');
    const slow = { burst: 1, perSecond: 0.1 };
    expect(rates.count('shop', slow, 0).isWithin).toBe(true);
    expect(rates.count('shop', slow, 1_000).headers['retry-after']).toBe('9');
    expect(rates.count('shop', slow, 10_000).isWithin).toBe(true);
  });
});

describe('what is kept', () => {
  it('of a client that was quiet until its burst was whole again is nothing', () => {
    const rates = new RequestRates('requests');
    for (let i = 0; i < 900; i++) rates.count(`client ${i}`, rate, i);
    expect(rates.size).toBe(900);
    rates.count('another', rate, 1_500);
    expect(rates.size).toBe(1);
  });

  it('of a crowd has a bound, and who asks all the time stays known', () => {
    const rates = new RequestRates('requests');
    const patient = { burst: 2, perSecond: 0.001 };
    let largest = 0;
    for (let i = 0; i < 250_000; i++) {
      rates.count(`client ${i}`, patient, i);
      largest = Math.max(largest, rates.size);
      if (i % 25_000 === 0) rates.count('busy', patient, i);
    }
    expect(largest).toBe(100_000);
    expect(rates.count('busy', patient, 250_000).isWithin).toBe(false);
    expect(rates.count('client 249999', patient, 250_000).headers.ratelimit).toContain(';r=0;');
  });
});

// Tests the codes of failed attempts, and which failed calls to Temporal may succeed when they are repeated.
import { describe, expect, it } from 'vitest';
import { errorCodeOf, httpErrorCode } from '../../src/contracts/failures.ts';
import { GRPC, grpcCodeOf, isPassing, isUnavailable } from '../../src/temporal/grpc-code.ts';

describe('the code of a failed attempt', () => {
  it('is its error, even if there is an HTTP answer, too', () => {
    expect(errorCodeOf({ error: 'timeout' })).toBe('timeout');
    expect(errorCodeOf({ error: 'canceled', status_code: 503 })).toBe('canceled');
  });

  it('is that of the HTTP answer if there is no error', () => {
    expect(errorCodeOf({ status_code: 503 })).toBe('http_503');
    expect(errorCodeOf({ error: undefined, status_code: 410 })).toBe(httpErrorCode(410));
  });

  it('is unknown if there is neither an error nor an answer', () => {
    expect([errorCodeOf({}), errorCodeOf(undefined)]).toEqual(['unknown', 'unknown']);
  });
});

describe('a failed call to Temporal', () => {
  const wrapped = (code: number) => Object.assign(new Error('the call failed'), { cause: { code } });
  const named = (is: (error: unknown) => boolean) =>
    Object.entries(GRPC).filter(([, code]) => is({ code }) && is(wrapped(code)));
  const namesOf = (is: (error: unknown) => boolean) => named(is).map(([name]) => name);

  it("has gRPC's code, even if the client has wrapped the error, or has a code of its own that is no number", () => {
    expect(grpcCodeOf({ code: 5 })).toBe(5);
    expect(grpcCodeOf(wrapped(14))).toBe(14);
    expect(grpcCodeOf({ code: 'ECONNREFUSED', cause: { code: 14 } })).toBe(14);
    expect(grpcCodeOf(new Error('no call at all'))).toBeUndefined();
  });

  it('means that Temporal is unavailable if Temporal is away, too slow or too busy', () => {
    expect(namesOf(isUnavailable)).toEqual(['DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'UNAVAILABLE']);
  });

  it('is passing if Temporal is unavailable, or if the code says nothing about the call itself', () => {
    const others = ['CANCELLED', 'ABORTED', 'INTERNAL'];
    expect(namesOf(isPassing).sort()).toEqual([...namesOf(isUnavailable), ...others].sort());
    expect([isPassing(new Error('a bug')), isUnavailable(new Error('a bug'))]).toEqual([false, false]);
  });
});

// Tests W3C Trace Context: which headers are valid, and which are passed on.
import { describe, expect, it } from 'vitest';
import { NO_TRACING, parseTraceparent, toTraceHeaders } from '../../src/observability/tracing.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';
const traceparent = `00-${traceId}-${spanId}-01`;

describe('a traceparent', () => {
  it.each([
    [traceparent, 1],
    [`00-${traceId}-${spanId}-00`, 0],
    [`cc-${traceId}-${spanId}-03`, 3],
    [`cc-${traceId}-${spanId}-01-what-the-future-will-be-like`, 1],
  ])('is read: %s', (header, flags) => {
    expect(parseTraceparent(header)).toEqual({ traceId, spanId, flags });
  });

  it.each([
    ['of all zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['with a span of all zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['of version ff', `ff-${traceId}-${spanId}-01`],
    ['of version 00 that is too long', `${traceparent}-more`],
    ['of a later version with more characters but no dash', `cc-${traceId}-${spanId}-01.more`],
    ['in upper case', traceparent.toUpperCase()],
    ['that is too short', traceparent.slice(0, -1)],
    ['with a space', ` ${traceparent}`],
    ['with a line break', `${traceparent}\n`],
    ['that is repeated', [traceparent, traceparent]],
    ['that is missing', undefined],
  ])('%s is ignored', (_what, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
    expect(toTraceHeaders({ traceparent: header, tracestate: 'a=1' })).toEqual({});
  });
});

describe('a tracestate', () => {
  it.each([
    ['is passed on with its traceparent', 'a=1,b=2', 'a=1,b=2'],
    ['of over 512 characters is dropped', 'a'.repeat(513), undefined],
    ['that is empty is dropped', '', undefined],
    ['with non-ASCII characters is dropped', 'a=é', undefined],
  ])('%s', (_what, tracestate, passedOn) => {
    const expected = passedOn === undefined ? { traceparent } : { traceparent, tracestate: passedOn };
    expect(toTraceHeaders({ traceparent, tracestate })).toEqual(expected);
  });
});

it('with tracing off, work runs without a span, and a received traceparent is passed on', async () => {
  const span = NO_TRACING.start({ name: 'x', kind: 'server', parent: { traceparent }, attributes: {} });
  expect(span.headers).toEqual({ traceparent });
  expect(await span.run(async () => 42)).toBe(42);
  span.end({});
  await NO_TRACING.stop();
});

// Tests that a collector gets one trace from the sender's request to the endpoint, and that traces are off by default.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type CollectedSpan, Collector, KIND, STATUS } from '../support/collector.ts';
import { Receiver } from '../support/receiver.ts';
import { newId, SECRETS, Surehook, signHmac, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const SENDER_SPAN = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE_ID}-${SENDER_SPAN}-01`;
/** The path of the endpoint, whose query is a secret, as with some chat services. */
const PATH = '/first?key=url-secret';
const NOTE = 'payload-marker-77c1';

let receiver: Receiver;
let collector: Collector;

beforeAll(async () => {
  receiver = await Receiver.start();
  collector = await Collector.start();
});

afterAll(async () => {
  await collector.stop();
  await receiver.stop();
});

async function start(env: Record<string, string> = {}): Promise<Surehook> {
  return await Surehook.start({
    role: 'serve',
    temporalAddress: inject('temporalAddress'),
    taskQueue: newId('queue'),
    config: 'traced',
    env: { RECEIVER_URL: receiver.url, ...env },
  });
}

/** Sends an event, and waits until it is processed. @returns its id */
async function sendTraced(surehook: Surehook, headers: Record<string, string> = {}, event_id = newId()) {
  const body = JSON.stringify({ event_id, type: 'order.paid', note: NOTE });
  const response = await surehook.post('partner', body, { ...signHmac(body), ...headers });
  expect(response.status).toBe(202);
  await surehook.untilEvent('partner', event_id, ({ status }) => status === 'processed');
  return event_id;
}

const sentTo = (event_id: string) => receiver.of(event_id, PATH).map(({ headers }) => headers);
const byName = (spans: CollectedSpan[], name: string) => spans.filter((span) => span.name === name);

/** Waits for the spans of an event; spans are sent in batches, every five seconds. */
async function spansOf(event_id: string, count: number): Promise<CollectedSpan[]> {
  return await waitFor(
    () => collector.of(event_id),
    (spans) => spans.length >= count,
  );
}

describe('with a collector', () => {
  let surehook: Surehook;
  beforeAll(async () => {
    surehook = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-team=webhooks',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    });
  });
  afterAll(async () => {
    await surehook.stop();
  });

  it("request, handler, delivery and the handler's own span belong to the sender's trace", async () => {
    const event_id = await sendTraced(surehook, { traceparent: TRACEPARENT, tracestate: 'vendor=a1' });
    const spans = await spansOf(event_id, 4);
    expect(spans).toHaveLength(4);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE_ID]));
    const [request] = byName(spans, 'POST /webhooks/{source}');
    const [handler] = byName(spans, 'handler');
    const [delivery] = byName(spans, 'deliver first');
    const [ofHandler] = byName(spans, 'work of the handler');
    expect(request).toMatchObject({ kind: KIND.server, status: STATUS.unset, parentSpanId: SENDER_SPAN });
    expect(handler).toMatchObject({
      kind: KIND.internal,
      status: STATUS.unset,
      parentSpanId: request?.spanId,
    });
    expect(delivery).toMatchObject({
      kind: KIND.client,
      status: STATUS.unset,
      parentSpanId: request?.spanId,
    });
    expect(ofHandler).toMatchObject({ parentSpanId: handler?.spanId });
    expect(request?.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/webhooks/{source}',
      'http.response.status_code': 202,
      'surehook.source': 'partner',
      'surehook.outcome': 'accepted',
    });
    expect(delivery?.attributes).toMatchObject({
      'http.response.status_code': 200,
      'surehook.endpoint': 'first',
      'surehook.attempt': 1,
    });
    expect(request?.resource).toMatchObject({
      'service.name': 'surehook',
      'deployment.environment.name': 'test',
    });
    const traceparent = `00-${TRACE_ID}-${delivery?.spanId}-01`;
    expect(sentTo(event_id)).toMatchObject([{ traceparent, tracestate: 'vendor=a1' }]);
  });

  it('a request without a trace begins a trace', async () => {
    const event_id = await sendTraced(surehook, { tracestate: 'vendor=a1' });
    const spans = await spansOf(event_id, 4);
    const [request] = byName(spans, 'POST /webhooks/{source}');
    expect(request?.parentSpanId).toBe('');
    const [delivery] = byName(spans, 'deliver first');
    const [headers] = sentTo(event_id);
    expect(headers?.traceparent).toBe(`00-${request?.traceId}-${delivery?.spanId}-01`);
    expect(headers).not.toHaveProperty('tracestate');
  });

  it('each attempt of a delivery has its own span and its own traceparent', async () => {
    const event_id = newId();
    receiver.script(PATH, event_id, [500, 'reset', 200]);
    await sendTraced(surehook, { traceparent: TRACEPARENT }, event_id);
    const attempts = byName(await spansOf(event_id, 6), 'deliver first');
    expect(attempts.map(({ attributes }) => attributes['surehook.attempt'])).toEqual([1, 2, 3]);
    expect(attempts.map(({ status }) => status)).toEqual([STATUS.error, STATUS.error, STATUS.unset]);
    expect(attempts.map(({ attributes }) => attributes['error.type'])).toEqual([
      'http_500',
      'connection_reset',
      undefined,
    ]);
    const traceparents = attempts.map(({ spanId }) => `00-${TRACE_ID}-${spanId}-01`);
    expect(sentTo(event_id).map(({ traceparent }) => traceparent)).toEqual(traceparents);
  });

  it('a trace that its sender does not record is passed on, but not recorded', async () => {
    const event_id = await sendTraced(surehook, { traceparent: TRACEPARENT.replace(/01$/, '00') });
    expect(sentTo(event_id)[0]?.traceparent).toMatch(new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-00$`));
    await spansOf(await sendTraced(surehook), 4);
    expect(collector.of(event_id)).toEqual([]);
  });

  it('a refused request is a span with its error code, and an unknown source is not named', async () => {
    await surehook.post('partner', '{}', { 'x-webhook-signature': 'wrong' });
    await surehook.post('made-up', '{}', {});
    const outcome = (code: string) => () =>
      collector.spans.find(({ attributes }) => attributes['surehook.outcome'] === code);
    const refused = await waitFor(outcome('signature_invalid'));
    expect(refused).toMatchObject({ status: STATUS.unset, attributes: { 'http.response.status_code': 401 } });
    const unknown = await waitFor(outcome('unknown_source'));
    expect(unknown?.attributes['surehook.source']).toBe('unknown');
  });

  it('the remaining spans are sent at the stop, and no span has a payload, a secret or a URL', async () => {
    const event_id = await sendTraced(surehook);
    expect(await surehook.stop()).toBe(0);
    expect(collector.of(event_id)).toHaveLength(4);
    expect(collector.paths).toEqual(new Set(['/v1/traces']));
    expect(collector.headers[0]).toMatchObject({ 'x-team': 'webhooks' });
    for (const secret of [...Object.values(SECRETS), TOKEN, NOTE, 'url-secret', 'made-up']) {
      expect(collector.bytes).not.toContain(secret);
    }
  });
});

it('a collector that is down stops no event, and is logged once', async () => {
  const surehook = await start({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:9/v1/traces' });
  const lines = () => surehook.logLines().filter(({ component }) => component === 'tracing');
  await sendTraced(surehook);
  await waitFor(lines, ({ length }) => length > 0);
  await sendTraced(surehook);
  const before = performance.now();
  expect(await surehook.stop()).toBe(0);
  expect(performance.now() - before).toBeLessThan(8_000);
  expect(lines()).toHaveLength(1);
});

describe('without a collector', () => {
  let surehook: Surehook;
  beforeAll(async () => {
    surehook = await start();
  });
  afterAll(async () => {
    await surehook.stop();
  });

  it.each<Record<string, string>>([{}, { traceparent: 'not-a-trace', tracestate: 'vendor=a1' }])(
    'no trace is begun for %o',
    async (trace) => {
      const [headers = {}] = sentTo(await sendTraced(surehook, trace));
      expect(headers).toHaveProperty('webhook-id');
      expect(headers).not.toHaveProperty('traceparent');
      expect(headers).not.toHaveProperty('tracestate');
    },
  );

  it("a sender's trace is passed on unchanged", async () => {
    const trace = { traceparent: TRACEPARENT, tracestate: 'vendor=a1' };
    expect(sentTo(await sendTraced(surehook, trace))).toMatchObject([trace]);
  });
});

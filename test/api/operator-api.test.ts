// Tests reading from the operator API: its token, its errors, the list of events and its filters; and the health paths.
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { EventItem } from '../../src/api/operator/events/list-events.ts';
import { Receiver } from '../support/receiver.ts';
import { newId, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';
import { describeTheEnd, expectProblem, Ingress, toBody } from './ingress.ts';

let receiver: Receiver;
let ingress: Ingress;

beforeAll(async () => {
  receiver = await Receiver.start();
  ingress = await Ingress.start(inject('temporalAddress'), { RECEIVER_URL: receiver.url });
});
afterEach(() => ingress.expectHealthy());
afterAll(async () => {
  await receiver.stop();
  await ingress.stop();
});

/**
 * Sends an event and waits until it is listed with this status. Temporal lists open workflows first, then
 * closed ones, latest first: events that are sent by this function one after another are listed in reverse
 * order.
 */
async function sendListed(
  source: string,
  type: string,
  { event_id = newId(), status = 'processed' } = {},
): Promise<EventItem> {
  expect((await ingress.send(source, toBody({ event_id, type }))).status).toBe(202);
  const read = async () =>
    (await list({ source, type, status })).items.find((one) => one.event_id === event_id);
  return (await waitFor(read)) as EventItem;
}

async function list(
  query: Record<string, string>,
): Promise<{ items: EventItem[]; next_cursor: string | null }> {
  const answer = await ingress.operator(`/api/v1/events?${new URLSearchParams(query)}`);
  expect(answer.status).toBe(200);
  return JSON.parse(answer.text);
}

const idsOf = async (query: Record<string, string>) => (await list(query)).items.map((item) => item.event_id);

describe('the token', () => {
  it.each<[name: string, headers: Record<string, string>]>([
    ['is missing', {}],
    ['is empty', { authorization: 'Bearer ' }],
    ['is wrong', { authorization: 'Bearer wrong-token-of-the-tests' }],
    ['is cut off', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ['is too long', { authorization: `Bearer ${TOKEN}x` }],
    ['is of another scheme', { authorization: `Basic ${TOKEN}` }],
    ['is in another header', { 'x-api-key': TOKEN }],
  ])('that %s opens nothing but the health paths', async (_, headers) => {
    for (const path of [
      '/api/v1/events',
      `/api/v1/events?token=${TOKEN}`,
      '/api/v1/events/partner/x',
      '/nothing',
      '/api/v1/events/%E9',
    ]) {
      const answer = await ingress.operator(path, headers);
      expectProblem(answer, 401, 'unauthorized');
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
    expect((await ingress.operator('/healthz', headers)).status).toBe(200);
    expect((await ingress.operator('/readyz', headers)).status).toBe(200);
  });
});

describe('a request for what does not exist', () => {
  it.each([
    ['/api/v1/events/partner/nothing', 404, 'event_not_found'],
    ['/api/v1/events/unknown/nothing', 404, 'event_not_found'],
    ['/api/v1/events/__proto__/constructor', 404, 'event_not_found'],
    ['/api/v1/events/partner/a%2Fb', 404, 'event_not_found'],
    ['/api/v1/events/partner/%00', 404, 'event_not_found'],
    ['/api/v1/events/partner/%F0%9F%AA%9D', 404, 'event_not_found'],
    [`/api/v1/events/partner/${'x'.repeat(1_500)}`, 404, 'event_not_found'],
    ["/api/v1/events/partner/'%20OR%20''='", 404, 'event_not_found'],
    ['/api/v1/events/partner/%E0%A4%A', 400, 'bad_request'],
    ['/api/v1/events/partner', 404, 'not_found'],
    ['/nothing', 404, 'not_found'],
    ['/webhooks/partner', 404, 'not_found'],
  ])('%s is answered with %i %s', async (path, status, code) => {
    expectProblem(await ingress.operator(path), status, code);
  });

  it('is answered with 404 for a part of an event id, or with a part of the id in the source', async () => {
    const id = newId();
    await ingress.send('partner', toBody({ event_id: `${id}:b` }));
    expect((await ingress.operator(`/api/v1/events/partner/${id}:b`)).status).toBe(200);
    expectProblem(await ingress.operator(`/api/v1/events/partner/${id}`), 404, 'event_not_found');
    expectProblem(await ingress.operator(`/api/v1/events/partner%3A${id}/b`), 404, 'event_not_found');
  });

  it('is answered with 404 for a workflow that is not an event of Surehook', async () => {
    const id = newId();
    const options = { workflowId: `partner:${id}`, taskQueue: newId('queue'), args: [] };
    const handle = await ingress.temporal.workflow.start('somethingElse', options);
    expectProblem(await ingress.operator(`/api/v1/events/partner/${id}`), 404, 'event_not_found');
    await handle.terminate();
  });
});

describe('the list of events', () => {
  it('refuses a cursor that somebody has made, with a checksum or with the signature of another', async () => {
    const type = newId();
    for (let i = 0; i < 2; i++) await sendListed('partner', type);
    const cursor = (await list({ type, limit: '1' })).next_cursor as string;
    const bytes = Buffer.from(cursor, 'base64url');
    const token = Buffer.from('{"not": "a token of Temporal"}');
    const forged = [
      Buffer.concat([createHash('sha256').update(token).digest().subarray(0, 4), token]),
      Buffer.concat([createHash('sha256').update(token).digest().subarray(0, 16), token]),
      Buffer.concat([bytes.subarray(0, 16), token]),
    ];
    for (const made of forged) {
      const answer = await ingress.operator(`/api/v1/events?cursor=${made.toString('base64url')}`);
      expectProblem(answer, 400, 'invalid_parameter');
    }
    expect((await list({ type, limit: '1', cursor })).items.length).toBe(1);
  });

  it.each([
    ['limit', ['0', '201', '-1', '1.5', '', 'many', 'Infinity', '1&limit=2']],
    ['cursor', ['', '!!', 'YWJj', 'bm90IGEgY3Vyc29yIGF0IGFsbA', '%00', 'YWJj&cursor=YWJj']],
    ['source', ['', 'A%20B', "x'y", 'a/b', 'x'.repeat(64), 'a&source=b']],
    ['type', ['', 'x'.repeat(201), '%00', '%0A', 'a"b', 'a%5Cb', "'a", "a'", 'a&type=b']],
    ['status', ['', 'nope', 'PROCESSED', 'Running', 'failed&status=failed']],
    ['since', ['', 'yesterday', '2026-01-31', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z', '5', "'"]],
    ['until', ['', '0', '2026-02-30T00:00:00Z', '2026-01-31T12:00:00Z&until=2026-01-31T12:00:00Z']],
    ['page', ['2']],
    ['source[]', ['partner']],
    ['__proto__', ['1']],
  ])('names the parameter %s when its value is not valid', async (name, values) => {
    for (const value of values) {
      const answer = await ingress.operator(`/api/v1/events?${name}=${value}`);
      expectProblem(answer, 400, 'invalid_parameter');
      expect(JSON.parse(answer.text).detail).toMatch(`${name}: `);
    }
  });

  it('is empty where nothing matches', async () => {
    expect(await list({ type: newId() })).toEqual({ items: [], next_cursor: null });
  });

  it('gives each of five events once, page by page, newest first, and finds them by time', async () => {
    const type = newId('paged');
    const sent: EventItem[] = [];
    for (let n = 0; n < 5; n++) sent.push(await sendListed('partner', type));
    const newestFirst = sent.map(({ event_id }) => event_id).reverse();
    expect(await idsOf({ source: 'partner', type })).toEqual(newestFirst);

    const pages: string[][] = [];
    let cursor: string | null = null;
    do {
      const query = { source: 'partner', type, limit: '2', ...(cursor ? { cursor } : {}) };
      const { items, next_cursor } = await list(query);
      pages.push(items.map((item) => item.event_id));
      cursor = next_cursor;
    } while (cursor !== null);
    expect(pages.flat()).toEqual(newestFirst);
    expect(Math.max(...pages.map((page) => page.length))).toBe(2);

    const third = sent[2]?.received_at ?? '';
    const sameInParis = `${new Date(Date.parse(third) + 3_600_000).toISOString().slice(0, -1)}+01:00`;
    for (const time of [third, sameInParis]) {
      expect(await idsOf({ type, since: time })).toEqual(newestFirst.slice(0, 3));
      expect(await idsOf({ type, until: time })).toEqual(newestFirst.slice(3));
    }
    expect(await idsOf({ type, since: third, until: third })).toEqual([]);
    expect(await idsOf({ type, since: '9999-12-31T23:59:59Z' })).toEqual([]);
    expect(await idsOf({ type, until: '0001-01-01T00:00:00Z' })).toEqual([]);
  });

  it('is filtered by source and by type, which may hold a quote', async () => {
    const type = `${newId('it')}'s 100%; -- #`;
    const one = await sendListed('partner', type);
    const other = await sendListed('once', type);
    expect(one).toEqual({
      source: 'partner',
      event_id: one.event_id,
      event_type: type,
      status: 'processed',
      received_at: expect.stringMatching(/^\d{4}-.*Z$/),
      closed_at: expect.stringMatching(/^\d{4}-.*Z$/),
      workflow_id: `partner:${one.event_id}`,
      run_id: expect.any(String),
    });
    expect(await idsOf({ type })).toEqual([other.event_id, one.event_id]);
    expect(await idsOf({ type, source: 'once' })).toEqual([other.event_id]);
    expect(await idsOf({ type, source: 'github' })).toEqual([]);
  });

  it('is filtered by status', async () => {
    const type = newId('status');
    const [fails, ends, works] = [newId(), newId(), newId()];
    for (const id of [fails, ends]) receiver.script('/handler', id, ['hang']);
    for (const id of [fails, ends]) await sendListed('slow', type, { event_id: id, status: 'processing' });
    await sendListed('slow', type, { event_id: works });
    for (const status of ['processing', 'delivering']) {
      expect(await idsOf({ type, status })).toEqual([ends, fails]);
    }
    await ingress.temporal.workflow.getHandle(`slow:${ends}`).terminate();
    await receiver.stop();
    const query = (status: string) => idsOf({ source: 'slow', type, status });
    await waitFor(async () => (await query('failed')).length + (await query('canceled')).length === 2);
    expect(await query('processing')).toEqual([]);
    expect(await query('processed')).toEqual([works]);
    expect(await query('failed')).toEqual([fails]);
    expect(await query('canceled')).toEqual([ends]);
  });
});

describe('the public paths beside the webhooks', () => {
  it.each([
    ['/healthz', { status: 'ok' }],
    ['/readyz', { status: 'ready' }],
  ])('%s answers', async (path, body) => {
    const answer = await ingress.request('GET', path);
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'content-type': expect.stringContaining('application/json') },
    });
    expect(JSON.parse(answer.text)).toEqual(body);
    expect(await ingress.request('HEAD', path)).toMatchObject({ status: 200, text: '' });
  });

  it('/openapi.json describes the webhooks with each of their errors', async () => {
    const { status, text } = await ingress.request('GET', '/openapi.json');
    expect(status).toBe(200);
    const document = JSON.parse(text);
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Surehook public API', version: expect.any(String) },
    });
    const { responses } = document.paths['/webhooks/{source}'].post;
    const codes: Record<string, string[]> = {
      400: [
        'bad_request',
        'invalid_json',
        'invalid_body',
        'event_id_missing',
        'event_id_invalid',
        'invalid_payload',
      ],
      401: ['signature_missing', 'signature_invalid', 'timestamp_out_of_tolerance'],
      403: ['ip_not_allowed'],
      404: ['unknown_source'],
      405: ['method_not_allowed'],
      408: ['request_timeout'],
      413: ['payload_too_large'],
      415: ['unsupported_encoding'],
      429: ['too_many_requests'],
      431: ['headers_too_large'],
      500: ['internal_error'],
      503: ['not_queued'],
    };
    expect(Object.keys(responses)).toEqual(['200', '202', ...Object.keys(codes)]);
    for (const [status, names] of Object.entries(codes)) {
      for (const name of names) expect(responses[status].description).toContain(`\`${name}\``);
      expect(responses[status].content).toHaveProperty(['application/problem+json']);
    }
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)) {
      expect(document.components.schemas).toHaveProperty(name as string);
    }
  });
});

describeTheEnd(() => ingress);

// Tests what a webhook may hold: which bodies are JSON, and which event ids are accepted.
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { signRequest } from '../../src/signatures/index.ts';
import { newId, SECRETS } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';
import { describeTheEnd, expectProblem, Ingress, NEVER, toBody } from './ingress.ts';

let ingress: Ingress;

beforeAll(async () => {
  ingress = await Ingress.start(inject('temporalAddress'));
});
afterEach(() => ingress.expectHealthy());
afterAll(() => ingress.stop());

const good = toBody({ event_id: NEVER });

describe('a body', () => {
  it.each([
    ['a byte order mark', (id: string) => `\uFEFF${toBody({ event_id: id })}`],
    ['white space around it', (id: string) => ` \r\n${toBody({ event_id: id })}\n`],
    ['brackets in a string', (id: string) => toBody({ event_id: id, text: '["\\'.repeat(10_000) })],
    ['half of a surrogate pair', (id: string) => `{"event_id":"${id}","text":"\\ud83e"}`],
    ['keys of the prototype', (id: string) => `{"event_id":"${id}","__proto__":{"a":1},"constructor":{}}`],
    ['its id under the second key because the first is empty', (id: string) => toBody({ event_id: '', id })],
  ])('with %s is accepted', async (_, make) => {
    const id = newId();
    const answer = await ingress.send('partner', make(id));
    expect(answer.status).toBe(202);
    expect(JSON.parse(answer.text).event_id).toBe(id);
  });

  it.each<[name: string, body: string | Uint8Array<ArrayBuffer>]>([
    ['empty', ''],
    ['text', 'event_id=1'],
    ['cut off', good.slice(0, -1)],
    ['JSON with a comma too many', '{"event_id":"never-started",}'],
    ['two JSON values', '{"event_id":"never-started"}{}'],
    ['invalid UTF-8', Buffer.from('{"event_id":"never-started","x":"\xff\xfe"}', 'latin1')],
    ['UTF-16', Buffer.from(good, 'utf16le')],
    ['compressed', new Uint8Array(gzipSync(good))],
    ['arrays, 10,000 deep', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['objects, 10,000 deep', `${'{"event_id":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['100,000 unclosed brackets', '['.repeat(100_000)],
  ])('that is %s is not JSON, if its content type says that it is', async (_, body) => {
    const answer = await ingress.send('partner', body, { 'content-type': 'application/json' });
    expectProblem(answer, 400, 'invalid_json');
  });

  it.each(['"x"', '1', 'true', 'null', '[]', '[{"event_id":"never-started"}]'])(
    'that is JSON but not an object has no event id: %s',
    async (body) => {
      expectProblem(await ingress.send('partner', body), 400, 'event_id_missing');
    },
  );
});

describe('an event id', () => {
  it.each<[name: string, id: unknown]>([
    ['of 192 characters', 'x'.repeat(192)],
    ['of 1,000 characters', 'x'.repeat(1_000)],
    ['with a slash', 'a/b'],
    ['with a space', 'a b'],
    ['of one space', ' '],
    ['with letters beyond ASCII', 'Zoë'],
    ['with an emoji', 'evt_🪝'],
    ['with half of a surrogate pair', 'evt_\ud83e'],
    ['with a line break', 'evt_1\n'],
    ['with a NUL', 'evt\0'],
    ['with DEL', 'evt\x7f'],
    ['that is a dot', '.'],
    ['that is two dots', '..'],
    ['that is a number', 42],
    ['that is zero', 0],
    ['that is a boolean', false],
    ['that is an object', { id: 'x' }],
    ['that is an array', ['x']],
  ])('%s is refused', async (_, event_id) => {
    expectProblem(await ingress.send('partner', toBody({ event_id })), 400, 'event_id_invalid');
  });

  it.each([[''], [null], [undefined]])('of %j is missing', async (event_id) => {
    expectProblem(await ingress.send('partner', toBody({ event_id })), 400, 'event_id_missing');
  });

  it('in a header must follow the same rules', async () => {
    const headers = (eventId?: string) =>
      signRequest({
        scheme: 'github',
        secret: SECRETS.GITHUB_SECRET,
        rawBody: Buffer.from(good),
        ...(eventId ? { eventId } : {}),
      });
    expectProblem(await ingress.post('github', good, headers()), 400, 'event_id_missing');
    for (const id of ['a/b', 'x'.repeat(192), 'é']) {
      expectProblem(await ingress.post('github', good, headers(id)), 400, 'event_id_invalid');
    }
  });

  it('with any other visible ASCII is accepted, found under its id, and listed', async () => {
    const type = newId('odd');
    const odd = [
      `'"\``,
      '\\',
      '100%',
      '%2F',
      'a:b',
      '#',
      '?x=1&y',
      '...',
      '__proto__',
      'constructor',
      '~!@$^*()[]{}<>|;,+=',
    ];
    const ids = [...odd, 'x'.repeat(158)].map((id) =>
      id.startsWith('_') || id === 'constructor' ? id : id + newId(),
    );
    for (const event_id of ids) {
      // A server that earlier test runs have used may know the two ids that are the same in each run.
      expect([200, 202]).toContain((await ingress.send('partner', toBody({ event_id, type }))).status);
      const event = await ingress.surehook.event('partner', event_id);
      expect(event).toMatchObject({ event_id, workflow_id: `partner:${event_id}`, payload: { event_id } });
    }
    const list = async () => {
      const { text } = await ingress.operator(`/api/v1/events?source=partner&type=${type}`);
      return JSON.parse(text).items.map((item: { event_id: string }) => item.event_id);
    };
    const fresh = ids.filter((id) => ingress.accepted.has(`partner:${id}`));
    await waitFor(list, (listed) => listed.length === fresh.length);
    expect((await list()).sort()).toEqual(fresh.sort());
  });
});

describeTheEnd(() => ingress);

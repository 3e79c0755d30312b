// Tests how a body with many events is cut into one body for each.
import { describe, expect, it } from 'vitest';
import { splitBatch } from '../../src/api/ingress/split-batch.ts';

const split = (text: string, ...paths: string[]) =>
  splitBatch(Buffer.from(text), paths)?.map((body) => Buffer.from(body).toString());

describe('a batch', () => {
  it('becomes one body for each item, with all that surrounds the list', () => {
    expect(split('{"meta":{"a":1}, "events":[{"id":"1"}, {"id":"2"} ],"z":true}', 'events')).toEqual([
      '{"meta":{"a":1}, "events":[{"id":"1"}],"z":true}',
      '{"meta":{"a":1}, "events":[{"id":"2"}],"z":true}',
    ]);
  });

  it('may be a list within objects', () => {
    expect(
      split('{"a":{"events":[]},"data":{"x":[0], "events" : [1, {"b":2}],"y":1},"z":0}', 'data.events'),
    ).toEqual([
      '{"a":{"events":[]},"data":{"x":[0], "events" : [1],"y":1},"z":0}',
      '{"a":{"events":[]},"data":{"x":[0], "events" : [{"b":2}],"y":1},"z":0}',
    ]);
    expect(split('{"data":{"events":[]}}', 'data.events')).toEqual([]);
    expect(split('{"data":[{"events":[1]}]}', 'data.events')).toBeUndefined();
    expect(split('{"data":{"events":{}}}', 'data.events')).toBeUndefined();
    expect(split('{"data":null}', 'data.events')).toBeUndefined();
  });

  it('may be the body itself', () => {
    expect(split(' [1, "a,]" ,{"b":[2,3]}]\n', '')).toEqual(['[1]', '["a,]"]', '[{"b":[2,3]}]']);
  });

  it('may be a list in each item of a list', () => {
    const body =
      '{"object":"page","entry":[{"id":"p1","changes":[{"f":1},{"f":2}]},{"id":"p2","changes":[{"f":3}]}]}';
    expect(split(body, 'entry[].changes[]')).toEqual([
      '{"object":"page","entry":[{"id":"p1","changes":[{"f":1}]}]}',
      '{"object":"page","entry":[{"id":"p1","changes":[{"f":2}]}]}',
      '{"object":"page","entry":[{"id":"p2","changes":[{"f":3}]}]}',
    ]);
  });

  it('takes the path with the most items, and an item without the inner list as a whole', () => {
    const body = '{"entry":[{"id":"p1","messaging":[1,2]}]}';
    expect(split(body, 'entry[].changes[]', 'entry[].messaging[]')).toEqual([
      '{"entry":[{"id":"p1","messaging":[1]}]}',
      '{"entry":[{"id":"p1","messaging":[2]}]}',
    ]);
    expect(split(body, 'entry[].changes[]')).toEqual([body]);
  });

  it('keeps every byte: digits, escapes, and text beyond ASCII', () => {
    const items = ['{"n":12345678901234567890.10}', '"\\u00e9 \\"]\\\\"', '{"ü,[":"🚲"}', '-1e400', 'null'];
    expect(split(`{"events":[${items.join(',')}]}`, 'events')).toEqual(
      items.map((item) => `{"events":[${item}]}`),
    );
  });

  it('counts the last of two members of one name, as JSON.parse does, and names that are written with escapes', () => {
    expect(split('{"events":[1],"\\u0065vents":[2,3]}', 'events')).toEqual([
      '{"events":[1],"\\u0065vents":[2]}',
      '{"events":[1],"\\u0065vents":[3]}',
    ]);
  });

  it('without items is no event; without a list it is one', () => {
    expect(split('{"events":[ ]}', 'events')).toEqual([]);
    for (const body of ['{"events":{}}', '{"other":[1]}', '5', '"events"', 'null'])
      expect(split(body, 'events', '')).toBeUndefined();
  });

  it('may be in one list or another of each item: all messages of WhatsApp are cut, and all statuses', () => {
    const body =
      '{"entry":[{"changes":[{"value":{"messages":[1,2]}},{"value":{"statuses":[3,4]}},{"value":{"x":5}}]}]}';
    expect(split(body, 'entry[].changes[].value.messages|statuses[]')).toEqual([
      '{"entry":[{"changes":[{"value":{"messages":[1]}}]}]}',
      '{"entry":[{"changes":[{"value":{"messages":[2]}}]}]}',
      '{"entry":[{"changes":[{"value":{"statuses":[3]}}]}]}',
      '{"entry":[{"changes":[{"value":{"statuses":[4]}}]}]}',
      '{"entry":[{"changes":[{"value":{"x":5}}]}]}',
    ]);
  });

  it('is refused when it would become too much', () => {
    expect(() => split(`[${'1,'.repeat(1_000)}1]`, '')).toThrow('1001 events');
    const around = 'x'.repeat(100_000);
    expect(() => split(`{"around":"${around}","events":[${'1,'.repeat(900)}1]}`, 'events')).toThrow(
      'too large',
    );
  });

  it('agrees with JSON.parse on bodies of every shape', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const value = (depth: number): unknown => {
      const kind = random(depth > 3 ? 4 : 6);
      if (kind === 0) return random(1_000) / 8;
      if (kind === 1) return ['", ]', '\\', '}{', 'é🚲', ''][random(5)];
      if (kind === 2) return null;
      if (kind === 3) return random(2) === 0;
      const length = random(4);
      if (kind === 4) return Array.from({ length }, () => value(depth + 1));
      return Object.fromEntries(Array.from({ length }, (_, n) => [`k${n}"`, value(depth + 1)]));
    };
    for (let round = 0; round < 500; round++) {
      const events = Array.from({ length: random(5) }, () => value(0));
      const body = JSON.stringify({ before: value(0), events, after: value(0) }, null, random(3));
      const bodies = split(body, 'events') ?? [];
      expect(bodies.map((one) => JSON.parse(one))).toEqual(
        events.map((event) => ({ ...JSON.parse(body), events: [event] })),
      );
    }
  });
});

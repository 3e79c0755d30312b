// Tests that numbers keep their digits on the way from one JSON text to another.
import { expect, it } from 'vitest';
import { parseExactly } from '../../src/contracts/exact-json.ts';

it.each(['820982911946154508', '1e400', '1.0', '-0', '1E5', '0.1', '12', '[1.50,{"a":-1e-400}]', '"1.0"'])(
  'writes %s again as it was written',
  (text) => {
    expect(JSON.stringify(parseExactly(text))).toBe(text);
  },
);

it('leaves a number alone that JavaScript writes the same', () => {
  expect(parseExactly('{"attempts":3,"rate":0.5,"name":"x"}')).toEqual({ attempts: 3, rate: 0.5, name: 'x' });
});

it('keeps the digits in indented JSON', () => {
  expect(JSON.stringify(parseExactly('{"id":820982911946154508}'), null, 2)).toBe(
    '{\n  "id": 820982911946154508\n}',
  );
});

// How many bytes of large bodies are taken in at once.
import { expect, it } from 'vitest';
import { LargeBodies } from '../../src/api/large-bodies.ts';

const MIB = 1_048_576;

it('takes in 64 MiB together, refuses what would be more, and takes it once another one has left', () => {
  const bodies = new LargeBodies();
  const leave = Array.from({ length: 4 }, () => bodies.enter(16 * MIB));
  expect(bodies.enter(2 * MIB)).toBeUndefined();
  leave[0]?.();
  expect(bodies.enter(16 * MIB)).toBeDefined();
  expect(bodies.enter(1)).toBeUndefined();
});

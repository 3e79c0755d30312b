// Parses JSON so that numbers keep the digits they were written with, for whoever shows a payload or writes it again.

/** Both are newer than the library types of the compiler; Node 22 has them. */
const { rawJSON } = JSON as unknown as { rawJSON(source: string): unknown };
type Reviver = (key: string, value: unknown) => unknown;

/**
 * Parses JSON as `JSON.parse` does, except for a number that JavaScript would write otherwise, such as
 * `820982911946154508`, `1e400`, `1.0` or `-0`: it becomes an opaque value, which `JSON.stringify` writes digit for digit.
 *
 * @throws SyntaxError
 */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, keepDigits as Reviver);
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return JSON.stringify(value) === context.source ? value : rawJSON(context.source);
}

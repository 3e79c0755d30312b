// Checks that callers give raw bytes: a parsed body is the mistake behind most failing webhook signatures.

export function assertBytes(rawBody: unknown): asserts rawBody is Uint8Array {
  if (rawBody instanceof Uint8Array) return;
  const given = rawBody === null ? 'null' : typeof rawBody;
  throw new TypeError(
    `rawBody must be the request's bytes (a Uint8Array or Buffer), not ${given}. A signature covers the exact bytes: take them before any JSON or text parser does, with express.raw({ type: '*/*' }) or new Uint8Array(await request.arrayBuffer()); an empty body is new Uint8Array().`,
  );
}

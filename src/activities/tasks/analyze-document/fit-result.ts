// Cuts the lists of a result so that a task may return it.

/** A task's result has at most 256 KiB as JSON; the rest is room for what stands around it. */
const RESULT_MAX_BYTES = 240 * 1_024;
/** Of the largest list, at each step. */
const KEPT_SHARE = 0.9;

/** The largest list loses its last entries first. A result without lists is returned as it is. */
export function fitResult(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result;
  const fitted: Record<string, unknown> = { ...result };
  while (bytesOf(fitted) > RESULT_MAX_BYTES) {
    const lists = Object.entries(fitted).filter((entry): entry is [string, unknown[]] => {
      return Array.isArray(entry[1]) && entry[1].length > 0;
    });
    const [largest] = lists.sort(([, one], [, other]) => bytesOf(other) - bytesOf(one));
    if (largest === undefined) return fitted;
    fitted[largest[0]] = largest[1].slice(0, Math.floor(largest[1].length * KEPT_SHARE));
  }
  return fitted;
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

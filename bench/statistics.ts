// Computes percentiles, and medians with their ranges.

export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** The smallest value that `p` percent of all values do not exceed; NaN if there are no values. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN;
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const at = (i: number) => sorted[i] ?? Number.NaN;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

export function formatSpread({ median, min, max }: Spread): string {
  if (Number.isNaN(median)) return '–';
  return min === max ? format(median) : `${format(median)} [${format(min)}–${format(max)}]`;
}

/** Two decimals for small values, so that every value has about three significant digits. */
function format(value: number): string {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

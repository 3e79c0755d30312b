// The work of the tasks of `npm run chaos:finals`, alike on both sides.

/** Milliseconds that the work of a task takes: 200 to 2,000, spread evenly over the tasks. */
export function workMs(n: number): number {
  return 200 + ((n * 7_919) % 1_801);
}

// Formats tables and reads times for the commands.
import { UsageError } from '../config/config-error.ts';
import { parseTime, TIME_EXPECTED } from '../contracts/parse-time.ts';
import { toPrintableLine } from '../contracts/printable.ts';

export function table(head: string[], rows: string[][]): string {
  const cells = rows.map((row) => row.map(toPrintableLine)); // a line break would look like a row
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => (row[i] ?? '').length)));
  const toLine = (row: string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [head, ...cells].map(toLine).join('\n');
}

/**
 * Parses the time of an option.
 *
 * @throws UsageError naming the option if the text is none
 */
export function timeOf(option: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const time = parseTime(value);
  if (time !== undefined) return time;
  throw new UsageError(`${option}: ${TIME_EXPECTED}`);
}

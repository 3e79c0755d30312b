// Formats tables and parses times for the commands.
import { ConfigError } from '../config/config-error.ts';
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

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * An age such as `30m`, `6h` or `1d` counts back from now; any other text is parsed as a time.
 *
 * @throws ConfigError naming the option if the text is neither
 */
export function parseTime(option: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(value) ?? [];
  const time = new Date(
    count === undefined ? Date.parse(value) : Date.now() - Number(count) * (UNITS[unit] ?? 0),
  );
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new ConfigError(
    `${option}: expected a time such as 2026-01-31T12:00:00Z, or an age such as 30m, 6h, 1d`,
  );
}

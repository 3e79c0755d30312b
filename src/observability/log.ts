// The logger of a process: JSON lines, or pretty ones on a terminal.
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import { toPrintable, toPrintableLine } from '../contracts/printable.ts';

export function createLog(level: string, isTerminal = process.stdout.isTTY === true): Logger {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: levelName },
  };
  const destination = pino.destination({ dest: 1, sync: true });
  destination.on('error', () => undefined); // a closed terminal must not prevent the orderly stop
  // A line of JSON may be read on a terminal too, by `docker logs`. In it, the filter's escapes mean the same.
  if (!isTerminal) return pino(options, { write: (line) => void destination.write(toPrintable(line)) });
  const people = pretty({ destination, sync: true, translateTime: 'SYS:HH:MM:ss.l', singleLine: true });
  return pino(options, { write: (line) => void people.write(`${printableFields(line)}\n`) });
}

/** The pretty log decodes what JSON has escaped, and adds colours, so each text is made printable before. */
function printableFields(line: string): string {
  return JSON.stringify(JSON.parse(line, (key, value) => (key === 'stack' ? stackOf(value) : clean(value))));
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return toPrintableLine(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [toPrintableLine(name), inner]));
}

/** A stack keeps its lines. */
const stackOf = (value: unknown) => (typeof value === 'string' ? toPrintable(value) : clean(value));

const levelName = (label: string) => ({ level: label });

// The logger of a process: JSON lines, or pretty ones on a terminal.
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export function createLog(level: string, isTerminal = process.stdout.isTTY === true): Logger {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: levelName },
  };
  const destination = pino.destination({ dest: 1, sync: true });
  destination.on('error', () => undefined); // a closed terminal must not prevent the orderly stop
  if (!isTerminal) return pino(options, destination);
  return pino(
    options,
    pretty({ destination, sync: true, translateTime: 'SYS:HH:MM:ss.l', singleLine: true }),
  );
}

const levelName = (label: string) => ({ level: label });

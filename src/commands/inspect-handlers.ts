// The option `--inspect-handlers`.
import { UsageError } from '../config/config-error.ts';

export interface InspectOptions {
  /** true: given without a port. */
  inspectHandlers?: string | true;
}

const DEFAULT_PORT = 9_230;

/** @throws UsageError for a port that is none */
export function toInspectPort({ inspectHandlers }: InspectOptions): number | undefined {
  if (inspectHandlers === undefined) return undefined;
  if (inspectHandlers === true) return DEFAULT_PORT;
  const port = Number(inspectHandlers);
  if (/^\d{1,5}$/.test(inspectHandlers) && port >= 1 && port <= 65_535) return port;
  throw new UsageError('--inspect-handlers: expected a port from 1 to 65535');
}

// The activity that reads how long Temporal keeps a failed run, and decides when to warn that it expires.
import type { Config } from '../config/config.ts';
import type { ReadRetentionMs, Retention } from '../contracts/dead-letter.ts';

const WARN_BEFORE_MS = 3 * 24 * 3_600_000;

export interface ReadRetentionDeps {
  config: Config;
  readRetentionMs: ReadRetentionMs;
}

export function createReadRetention({ config, readRetentionMs }: ReadRetentionDeps) {
  return async function readRetention(): Promise<Retention> {
    const retention_ms = await readRetentionMs();
    return { retention_ms, warn_before_ms: warnBefore(config.retention.warnBeforeMs, retention_ms) };
  };
}

/** In milliseconds. The default is 3 days, or a quarter of the retention if that is shorter. */
export function warnBefore(setMs: number | undefined, retentionMs: number): number {
  return Math.min(setMs ?? Math.min(WARN_BEFORE_MS, retentionMs / 4), retentionMs);
}

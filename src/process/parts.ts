// What a process is asked for, and what it has once it is connected.
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { MakeSecret } from '../config/make-secret.ts';
import type { Settings } from '../config/settings.ts';
import type { Temporal } from '../temporal/connection.ts';
import type { WebUi } from '../temporal/web-ui.ts';
import type { UserCode } from '../user-code/user-code.ts';
import type { Lifetime, Stops } from './lifetime.ts';
import type { Observability } from './start-observability.ts';

export type Role = 'serve' | 'api' | 'worker';

export interface RunOptions {
  settings: Settings;
  role: Role;
  /** Given in dev, where Surehook has started Temporal itself. */
  temporalAddress?: string;
  retentionDays?: number;
  webUiUrl?: string | undefined;
  /** The codec needs no token: in dev, where it listens on loopback. */
  openCodec?: boolean;
  makeSecret?: MakeSecret;
  /** Gives the environment of the secrets anew at a reload; it stays the same unless given. */
  readEnv?: () => NodeJS.ProcessEnv;
  /** Port of a debugger for handlers: then one process runs them, and nothing ends it for being late. */
  inspectPort?: number | undefined;
  /** What is stopped last. */
  onStopped?: () => Promise<void>;
}

/** What a process has once it is connected. */
export interface ProcessParts {
  options: RunOptions;
  config: Config;
  userCode: UserCode;
  temporal: Temporal;
  log: Logger;
  observability: Observability;
  lifetime: Lifetime;
  working: Stops;
}

export function webUiOf({ webUiUrl }: RunOptions, { namespace }: Temporal): WebUi | undefined {
  return webUiUrl ? { url: webUiUrl, namespace } : undefined;
}

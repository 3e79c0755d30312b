// What the handlers of the operator API are given.
import type { Logger } from 'pino';
import type { DeadLetterDeps } from '../../dead-letters/run-again.ts';
import type { Temporal } from '../../temporal/connection.ts';
import type { WebUi } from '../../temporal/web-ui.ts';
import type { CheckPayload } from '../http/check-schema.ts';

export interface OperatorDeps extends DeadLetterDeps {
  webUi: WebUi | undefined;
  checkPayload: CheckPayload;
  /** The names of the clients of the agent API. */
  clients: ReadonlySet<string>;
  log: Logger;
}

/** What the handlers of `/codec` are given. */
export interface CodecDeps {
  temporal: Pick<Temporal, 'codec' | 'resolve'>;
}

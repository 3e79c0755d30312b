// What the handlers of the operator API are given.
import type { PayloadCodec } from '@temporalio/common';
import type { Logger } from 'pino';
import type { DeadLetterDeps } from '../../dead-letters/run-again.ts';
import type { EncryptionCodec } from '../../payloads/encryption-codec.ts';
import type { WebUi } from '../../temporal/web-ui.ts';
import type { CheckPayload } from '../http/check-schema.ts';

export interface OperatorDeps extends DeadLetterDeps {
  webUi: WebUi | undefined;
  checkPayload: CheckPayload;
  log: Logger;
}

/** What the handlers of `/codec` are given. */
export interface CodecDeps {
  temporal: { codec: EncryptionCodec; resolve: PayloadCodec['decode'] };
}

// Puts failure messages and stacks into payloads, so that they are encrypted as everything else.
import { DefaultFailureConverter } from '@temporalio/common';

/** The name is the SDK's: it looks for this export in the module that `failureConverterPath` names. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });

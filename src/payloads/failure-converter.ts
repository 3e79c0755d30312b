// Puts failure messages and stacks into payloads, so that they are encrypted like everything else.
import { DefaultFailureConverter } from '@temporalio/common';

/** The SDK looks for an export of this name in the module that `failureConverterPath` names. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });

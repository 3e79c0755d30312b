// How clients and workers write values into Temporal. The path goes to the SDK, which loads the module in the sandbox too.
import { fileURLToPath } from 'node:url';
import type { DataConverter, ProtoFailure as Failure, Payload } from '@temporalio/common';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
  loadDataConverter,
} from '@temporalio/common/lib/internal-non-workflow/index.js';

interface Payloads {
  payloads?: Payload[] | null;
}

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const PAYLOAD_CONVERTER_PATH = fileURLToPath(new URL(`../raw-body.${extension}`, import.meta.url));

export const dataConverter: DataConverter = { payloadConverterPath: PAYLOAD_CONVERTER_PATH };

const loaded = loadDataConverter(dataConverter);

/** Reads what a history or a description holds, as the SDK would. */
export async function readPayloads(payloads: Payloads | null | undefined): Promise<unknown[]> {
  return await decodeArrayFromPayloads(loaded, payloads?.payloads);
}

export async function readFailure(failure: Failure | null | undefined): Promise<Error | undefined> {
  return await decodeOptionalFailureToOptionalError(loaded, failure);
}

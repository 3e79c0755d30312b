// How clients and workers write values into Temporal, and how histories are read without them.
import { fileURLToPath } from 'node:url';
import type { DataConverter, Payload, PayloadCodec, ProtoFailure } from '@temporalio/common';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
  loadDataConverter,
} from '@temporalio/common/lib/internal-non-workflow/index.js';

// The SDK loads both by path: it bundles them into the workflow sandbox too.
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const path = (name: string) => fileURLToPath(new URL(`../${name}.${extension}`, import.meta.url));

export function createDataConverter(codec: PayloadCodec): DataConverter {
  return {
    payloadConverterPath: path('raw-body'),
    failureConverterPath: path('failure-converter'),
    payloadCodecs: [codec],
  };
}

/** Reads what a history or a description holds, as the SDK would. */
export interface PayloadReader {
  /** @throws DecryptionError */
  readPayloads(payloads: { payloads?: Payload[] | null } | null | undefined): Promise<unknown[]>;
  /** @throws DecryptionError */
  readFailure(failure: ProtoFailure | null | undefined): Promise<Error | undefined>;
}

export function createPayloadReader(dataConverter: DataConverter): PayloadReader {
  const loaded = loadDataConverter(dataConverter);
  return {
    readPayloads: async (payloads) => await decodeArrayFromPayloads(loaded, payloads?.payloads),
    readFailure: async (failure) => await decodeOptionalFailureToOptionalError(loaded, failure),
  };
}

// Makes the data converter of clients and workers, and the reader of payloads in raw histories and descriptions.
import { fileURLToPath } from 'node:url';
import type { DataConverter, ExternalStorage, Payload, PayloadCodec, ProtoFailure } from '@temporalio/common';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
  ExternalStorageRunner,
  isReferencePayload,
  loadDataConverter,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import { StorageUnavailableError } from '../storage/errors.ts';

// The SDK loads both converters by path, since it bundles them into the workflow sandbox too.
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const path = (name: string) => fileURLToPath(new URL(`../payloads/${name}.${extension}`, import.meta.url));

export function createDataConverter(codec: PayloadCodec, externalStorage?: ExternalStorage): DataConverter {
  return {
    payloadConverterPath: path('raw-body'),
    failureConverterPath: path('failure-converter'),
    payloadCodecs: [codec],
    ...(externalStorage ? { externalStorage } : {}),
  };
}

type Resolve = (payloads: Payload[]) => Promise<Payload[]>;

/** Reads the payloads of a history or a description, as the SDK would. */
export interface PayloadReader {
  /** @throws DecryptionError, BodyLostError or StorageUnavailableError */
  readPayloads(payloads: { payloads?: Payload[] | null } | null | undefined): Promise<unknown[]>;
  /** Replaces references by the payloads that the storage has. @throws BodyLostError or StorageUnavailableError */
  resolve: Resolve;
  /** @throws DecryptionError */
  readFailure(failure: ProtoFailure | null | undefined): Promise<Error | undefined>;
}

export function createPayloadReader(dataConverter: DataConverter): PayloadReader {
  const loaded = loadDataConverter(dataConverter);
  const resolve = createResolver(dataConverter.externalStorage);
  return {
    resolve,
    readPayloads: async (payloads) =>
      await decodeArrayFromPayloads(loaded, await resolve(payloads?.payloads ?? [])),
    readFailure: async (failure) => await decodeOptionalFailureToOptionalError(loaded, failure),
  };
}

function createResolver(externalStorage: ExternalStorage | undefined): Resolve {
  const runner = externalStorage && new ExternalStorageRunner(externalStorage);
  return async (payloads) => {
    if (!payloads.some(isReferencePayload)) return payloads;
    if (runner) return await runner.retrieve(payloads);
    throw new StorageUnavailableError(
      'the body is not in Temporal: set SUREHOOK_STORAGE to where it was stored',
    );
  };
}

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
import { isRefused } from '../contracts/refused.ts';
import { DecryptionError } from '../payloads/encryption-codec.ts';
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
type Payloads = { payloads?: Payload[] | null } | null | undefined;

/** Reads the payloads of a workflow's history or description, as the SDK would. */
export interface PayloadReader {
  /** @throws DecryptionError if one is refused, or its key is unknown; BodyLostError or StorageUnavailableError */
  readPayloads(payloads: Payloads, workflowId: string): Promise<unknown[]>;
  /**
   * As `readPayloads`, but with a `Refused` in place of what is refused: the server itself and the `temporal` command
   * write plain details and results.
   */
  readWhatever(payloads: Payloads, workflowId: string): Promise<unknown[]>;
  /** Replaces references by the payloads that the storage has. @throws BodyLostError or StorageUnavailableError */
  resolve: Resolve;
  /** Details that are refused are `Refused`. @throws DecryptionError if a key is unknown */
  readFailure(failure: ProtoFailure | null | undefined, workflowId: string): Promise<Error | undefined>;
}

export function createPayloadReader(dataConverter: DataConverter): PayloadReader {
  const loaded = loadDataConverter(dataConverter);
  const resolve = createResolver(dataConverter.externalStorage);
  // The codec does not look at the namespace.
  const contextOf = (workflowId: string) => ({ type: 'workflow', namespace: '', workflowId }) as const;
  const readWhatever = async (payloads: Payloads, workflowId: string) =>
    await decodeArrayFromPayloads(loaded, await resolve(payloads?.payloads ?? []), contextOf(workflowId));
  return {
    resolve,
    readWhatever,
    readPayloads: async (payloads, workflowId) => {
      const values = await readWhatever(payloads, workflowId);
      const refused = values.find(isRefused);
      if (refused) throw new DecryptionError(refused.message, refused.surehook_refused);
      return values;
    },
    readFailure: async (failure, workflowId) =>
      await decodeOptionalFailureToOptionalError(loaded, failure, contextOf(workflowId)),
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

// The one connection of a process to Temporal, shared by client and worker.
import { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { ConfigError } from '../config/config-error.ts';
import type { Settings } from '../config/settings.ts';
import { EncryptionCodec, type EncryptionKeys } from '../payloads/encryption-codec.ts';
import type { BodyStorage } from '../storage/body-storage.ts';
import { createDataConverter, createPayloadReader, type PayloadReader } from './data-converter.ts';
import { inTime } from './in-time.ts';

/** A connection, and what is needed to read and write through it. */
export interface Temporal extends PayloadReader {
  connection: NativeConnection;
  client: Client;
  /** The converter for workers: see `BodyStorage.forWorkers`. */
  dataConverter: DataConverter;
  storage: BodyStorage | undefined;
  codec: EncryptionCodec;
  namespace: string;
  address: string;
}

/** The SDK alone would wait for half a minute at an address that takes what it is sent and never answers. */
const CONNECT_WITHIN_MS = 10_000;

/**
 * Connects as Temporal's own tools do: `@temporalio/envconfig` reads environment, profile and config file.
 *
 * @param keys the keys that encrypt all that is written
 * @param storage where bodies are that are too large for Temporal
 * @param address the address of the dev server, if Surehook has started one
 * @throws ConfigError if Temporal does not answer
 */
export async function connectToTemporal(
  settings: Settings,
  keys: EncryptionKeys,
  storage?: BodyStorage,
  address?: string,
): Promise<Temporal> {
  const given = readConnectConfig(settings);
  // The dev server is ours: it has one namespace, and no settings meant for another Temporal apply to it.
  const options = address === undefined ? given.connectionOptions : { address };
  const namespace = (address === undefined ? given.namespace : undefined) ?? 'default';
  const target = options.address ?? '127.0.0.1:7233';
  try {
    const connection = await inTime(CONNECT_WITHIN_MS, NativeConnection.connect(options), 'no answer');
    const codec = new EncryptionCodec(keys);
    const forClients = createDataConverter(codec, storage?.forClients());
    const client = new Client({ connection, namespace, dataConverter: forClients });
    return {
      connection,
      client,
      dataConverter: createDataConverter(codec, storage?.forWorkers()),
      storage,
      codec,
      namespace,
      address: target,
      ...createPayloadReader(forClients),
    };
  } catch (error) {
    throw new ConfigError(
      `TEMPORAL_ADDRESS: no Temporal answers at ${target}; start it, or set TEMPORAL_ADDRESS to one that runs (${reasonOf(error)})`,
    );
  }
}

function readConnectConfig({ env }: Settings) {
  try {
    return loadClientConnectConfig({ overrideEnvVars: env as Record<string, string> });
  } catch (error) {
    throw new ConfigError(`TEMPORAL_*: the settings cannot be read: ${firstLine(error)}`);
  }
}

/** The native client's message is Rust's debug output. Its last quotation is the reason in words. */
function reasonOf(error: unknown): string {
  const line = firstLine(error);
  return /\b(?:message|error): "([^"]+)"[^"]*$/.exec(line)?.[1] ?? line;
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
}

// The one connection of a process to Temporal, shared by client and worker.
import { Client } from '@temporalio/client';
import type { DataConverter, PayloadCodec } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { ConfigError } from '../config/config-error.ts';
import type { Settings } from '../config/settings.ts';
import { EncryptionCodec, type EncryptionKeys } from '../payloads/encryption-codec.ts';
import type { BodyStorage } from '../storage/body-storage.ts';
import { createDataConverter, createPayloadReader, type PayloadReader } from './data-converter.ts';
import { inTime } from './in-time.ts';

/** A connection, and what it takes to read and write through it. */
export interface Temporal extends PayloadReader {
  connection: NativeConnection;
  client: Client;
  /** For workers: see `BodyStorage`. */
  dataConverter: DataConverter;
  storage: BodyStorage | undefined;
  codec: PayloadCodec;
  namespace: string;
  address: string;
}

/** The SDK alone would hold a start for half a minute at an address that swallows what it is sent. */
const CONNECT_WITHIN_MS = 10_000;

/**
 * Connects as Temporal's own tools do: environment, profile and config file, read by `@temporalio/envconfig`.
 *
 * @param keys encrypt all that is written
 * @param storage has what is too large for Temporal
 * @param address of the dev server, where Surehook has started one
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

/** The native client gives Rust's debug output: what it quotes last is the reason in words. */
function reasonOf(error: unknown): string {
  const line = firstLine(error);
  return /\b(?:message|error): "([^"]+)"[^"]*$/.exec(line)?.[1] ?? line;
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
}

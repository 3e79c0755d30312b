// The one connection of a process to Temporal, shared by client and worker.
import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { ConfigError } from '../config/config-error.ts';
import type { Settings } from '../config/settings.ts';
import { dataConverter } from './data-converter.ts';

export interface Temporal {
  connection: NativeConnection;
  client: Client;
  namespace: string;
  address: string;
}

/**
 * Connects as Temporal's own tools do: environment, profile and config file, read by `@temporalio/envconfig`.
 *
 * @param address of the dev server, where Surehook has started one
 * @throws ConfigError if Temporal does not answer
 */
export async function connectToTemporal(settings: Settings, address?: string): Promise<Temporal> {
  const { connectionOptions, namespace = 'default' } = readConnectConfig(settings);
  const options = address === undefined ? connectionOptions : { address };
  const target = options.address ?? '127.0.0.1:7233';
  try {
    const connection = await NativeConnection.connect(options);
    return {
      connection,
      client: new Client({ connection, namespace, dataConverter }),
      namespace,
      address: target,
    };
  } catch (error) {
    throw new ConfigError(
      `TEMPORAL_ADDRESS: no Temporal answers at ${target}; start it, or set TEMPORAL_ADDRESS to one that runs (${firstLine(error)})`,
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

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
}

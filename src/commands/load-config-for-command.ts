// Loads the config file for a command that runs beside a Surehook, with the secrets that `surehook dev` has made.
import type { Config } from '../config/config.ts';
import { DevSecrets } from '../config/dev-secrets.ts';
import type { ResolveOptions } from '../config/resolve-config.ts';
import type { Settings } from '../config/settings.ts';
import { loadConfig } from '../user-code/load-config.ts';

/** The part of the config that the command needs: the secrets of the other parts may be missing. */
export type ConfigPart = Pick<ResolveOptions, 'onlySource' | 'onlyAlerts'>;

/** @throws ConfigError as `loadConfig` */
export async function loadConfigForCommand(
  { configPath, env, stateDir, storage }: Settings,
  part: ConfigPart = {},
): Promise<Config> {
  const kept = new DevSecrets(stateDir);
  return await loadConfig({
    path: configPath,
    env,
    makeSecret: (name) => kept.get(name) ?? '',
    hasStorage: storage !== undefined,
    ...part,
  });
}

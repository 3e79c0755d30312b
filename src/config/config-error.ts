// An error in a setting or in the config file: one line that names the fix. Commands print it and exit with 1.

export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** An argument or option of a command that cannot be: commands exit with 2. */
export class UsageError extends ConfigError {}

// An error in what the user has set: one line that names the setting and the fix. Commands print it and exit with 1.

export class ConfigError extends Error {
  override name = 'ConfigError';
}

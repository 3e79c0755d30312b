// How the commands reach the operator API, and what they say when they cannot.

import { ConfigError } from '../config/config-error.ts';
import { DevSecrets } from '../config/dev-secrets.ts';
import type { Settings } from '../config/settings.ts';
import { toOrigin } from '../http-origin.ts';

export class OperatorClient {
  readonly #url: string;
  readonly #token: string;

  /** @throws ConfigError if no token is known */
  constructor(settings: Settings) {
    const token = settings.operatorToken ?? new DevSecrets(settings.stateDir).get('SUREHOOK_OPERATOR_TOKEN');
    if (token === undefined) {
      throw new ConfigError(
        `SUREHOOK_OPERATOR_TOKEN is not set, and ${settings.stateDir} has none: set it to the token of the operator API`,
      );
    }
    this.#token = token;
    this.#url = settings.operatorUrl ?? toOrigin(settings.operatorHost, settings.operatorPort);
  }

  /** @throws ConfigError with the API's own words if it refuses */
  async get<T>(path: string, query: Record<string, string | undefined> = {}): Promise<T> {
    const url = new URL(path, this.#url);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, value);
    const response = await this.#fetch(url);
    const body = (await response.json().catch(() => ({}))) as { detail?: string; code?: string };
    if (response.ok) return body as T;
    if (response.status === 401) {
      throw new ConfigError(`SUREHOOK_OPERATOR_TOKEN: ${url.origin} takes another token; set it to that one`);
    }
    throw new ConfigError(body.detail ?? `${url.origin} answered ${response.status}`);
  }

  async #fetch(url: URL): Promise<Response> {
    try {
      return await fetch(url, { headers: { authorization: `Bearer ${this.#token}` } });
    } catch {
      throw new ConfigError(
        `no operator API answers at ${url.origin}: start Surehook, or set SUREHOOK_OPERATOR_URL`,
      );
    }
  }
}

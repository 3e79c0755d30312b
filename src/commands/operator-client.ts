// The client of the operator API for the commands, with an error message for every way in which a call fails.
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { ConfigError, UsageError } from '../config/config-error.ts';
import { DevSecrets } from '../config/dev-secrets.ts';
import { OPERATOR_API_PATH, toOrigin } from '../config/http-origin.ts';
import type { Settings } from '../config/settings.ts';
import { parseExactly } from '../contracts/exact-json.ts';

type Query = Record<string, string | undefined>;

interface Init {
  method?: string;
  body?: string;
  headers?: Record<string, string>;
}

export class OperatorClient {
  readonly #url: string;
  readonly #token: string;

  /** @throws ConfigError if neither the environment nor the state folder has a token */
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

  /**
   * The payloads of an answer keep the digits of their numbers.
   *
   * @param path below `/api/v1`
   * @throws ConfigError with the API's own message if it refuses, or if no operator API answers
   */
  async get<T>(path: string, query: Query = {}): Promise<T> {
    return parseExactly(await (await this.#fetch(this.#toUrl(path, query))).text()) as T;
  }

  /**
   * @param body JSON
   * @throws ConfigError as `get`
   */
  async post<T>(path: string, body: string): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    const response = await this.#fetch(this.#toUrl(path), { method: 'POST', body, headers });
    return parseExactly(await response.text()) as T;
  }

  /** @throws ConfigError as `get` */
  async stream(path: string, query: Query): Promise<Readable> {
    const { body } = await this.#fetch(this.#toUrl(path, query));
    return body ? Readable.fromWeb(body as ReadableStream) : Readable.from([]);
  }

  #toUrl(path: string, query: Query = {}): URL {
    // SUREHOOK_OPERATOR_URL may have a path of its own, behind a proxy.
    const url = new URL(`${this.#url.replace(/\/$/, '')}${OPERATOR_API_PATH}${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, value);
    return url;
  }

  async #fetch(url: URL, { headers = {}, ...init }: Init = {}): Promise<Response> {
    const response = await this.#reach(url, {
      ...init,
      headers: { ...headers, authorization: `Bearer ${this.#token}` },
    });
    if (response.ok) return response;
    const body = (await response.json().catch(() => ({}))) as { detail?: string; code?: string };
    if (response.status === 401) {
      throw new ConfigError(
        `SUREHOOK_OPERATOR_TOKEN: ${url.origin} takes another token; set the variable to that token`,
      );
    }
    // The API has checked what the command was given as an option.
    if (body.detail && (body.code === 'invalid_parameter' || body.code === 'bad_request'))
      throw new UsageError(body.detail);
    throw new ConfigError(body.detail ?? `${url.origin} answered ${response.status}`);
  }

  async #reach(url: URL, init: Init): Promise<Response> {
    try {
      return await fetch(url, init);
    } catch {
      throw new ConfigError(
        `no operator API answers at ${url.origin}: start Surehook, or set SUREHOOK_OPERATOR_URL`,
      );
    }
  }
}

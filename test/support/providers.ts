// Plays every provider of the scheme table against a running Surehook, and keeps account of what was stored.
import { createHash } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { expect } from 'vitest';
import { workflowIdOfEvent } from '../../src/contracts/event-key.ts';
import {
  isWithoutSecret,
  SCHEME_NAMES,
  type SchemeName,
  signWebhook,
  type VerifyOptions,
} from '../../src/signatures/index.ts';
import {
  certificateOf,
  ebay,
  ec,
  jwkOf,
  OTHER_CASES,
  PAYPAL_URL,
  paypal,
  rsa,
  SNS_URL,
  snsMessage,
  token,
} from './other-schemes.ts';
import { SCHEME_CASES } from './scheme-cases.ts';
import { DATA_CONVERTER, type Event, newId, Surehook } from './surehook.ts';
import { waitFor } from './wait-for.ts';

/** The address that providers know, and some of them sign. */
export const PUBLIC_URL = 'https://hooks.example.com';
export const VERIFY_TOKEN = 'the token of our choice';
export const PAIR = { plaid: 'client_1:secret of plaid', ebay: 'client_1:secret of ebay' };

export const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
export const nowSeconds = () => Math.floor(Date.now() / 1000);

export function secretOf(scheme: SchemeName): string {
  if (scheme === 'plaid' || scheme === 'ebay') return PAIR[scheme];
  const known = [...SCHEME_CASES, ...OTHER_CASES].find((one) => one.scheme === scheme);
  if (known === undefined) throw new Error(`no secret is known for ${scheme}`);
  return known.secret.trim();
}

const certificate = certificateOf(rsa.privateKey, nowSeconds() - 86_400, nowSeconds() + 86_400);
const KEYS = {
  certificates: { [PAYPAL_URL]: certificate, [SNS_URL]: certificate },
  jwks: { 'kid-1': jwkOf(ec.publicKey), k1: jwkOf(rsa.publicKey) },
};

/** How the config of the tests has the scheme verified. */
export function verifyOptionsOf(scheme: SchemeName): VerifyOptions {
  return { scheme, secrets: isWithoutSecret(scheme) ? [] : [secretOf(scheme)], ...KEYS };
}

export interface ProviderRequest {
  /** With the query. */
  path: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

export interface Given {
  source?: string;
  id?: string;
  type?: string;
  headers?: Record<string, string>;
  /** Unix seconds; the system's clock unless given. */
  now?: number;
}

/** A request as the provider would send it now, with its signature. */
export function signedAs(scheme: SchemeName, body: string | Uint8Array, given: Given = {}): ProviderRequest {
  const { source = scheme, id, type, headers: more = {}, now = nowSeconds() } = given;
  const url = `${PUBLIC_URL}/webhooks/${source}`;
  const rawBody = Buffer.from(body as string);
  const signed = {
    url,
    rawBody: rawBody as Uint8Array,
    ...(bySpecial(scheme, rawBody, now) ??
      signWebhook({
        scheme,
        secret: secretOf(scheme),
        rawBody,
        url,
        now,
        ...(id ? { eventId: id } : {}),
        ...(type ? { eventType: type } : {}),
      })),
  };
  const { pathname, search } = new URL(signed.url);
  return {
    path: pathname + search,
    headers: { 'content-type': 'application/json', ...signed.headers, ...more },
    body: signed.rawBody,
  };
}

/** Of schemes that only their provider can sign, since it alone has the private key. */
function bySpecial(
  scheme: SchemeName,
  rawBody: Buffer,
  now: number,
): { headers: Record<string, string>; rawBody?: Uint8Array } | undefined {
  switch (scheme) {
    case 'paypal':
      return { headers: paypal({ secret: secretOf('paypal'), rawBody, now }).headers };
    case 'ebay':
      return { headers: ebay(rawBody) };
    case 'aws-sns':
      return { headers: {}, rawBody: Buffer.from(JSON.stringify(snsMessage(JSON.parse(String(rawBody))))) };
    case 'plaid': {
      const claims = { iat: now, request_body_sha256: sha256(rawBody) };
      const proof = token(claims, { alg: 'ES256', key: ec.privateKey, kid: 'kid-1' });
      return { headers: { 'plaid-verification': proof } };
    }
    case 'discord':
    case 'telnyx':
    case 'sendgrid':
    case 'wise':
    case 'gemini-dynamic': {
      const made = OTHER_CASES.find((one) => one.scheme === scheme);
      return made?.make({ secret: made.secret, rawBody, now });
    }
    default:
      return undefined;
  }
}

export interface ProviderAnswer {
  status: number;
  /** The content type; '' if there is none. */
  type: string;
  text: string;
  headers: Headers;
}

export interface BatchReceipt {
  status: string;
  source: string;
  events: { status: string; event_id: string; workflow_id: string }[];
}

export class Providers {
  readonly surehook: Surehook;
  readonly #taskQueue: string;
  readonly #temporal: Client;
  /** The ids of the workflows of everything that was to be stored. */
  readonly #stored = new Set<string>();

  private constructor(surehook: Surehook, taskQueue: string, temporal: Client) {
    this.surehook = surehook;
    this.#taskQueue = taskQueue;
    this.#temporal = temporal;
  }

  static async start(temporalAddress: string): Promise<Providers> {
    const taskQueue = newId('queue');
    const surehook = await Surehook.start({
      role: 'serve',
      temporalAddress,
      taskQueue,
      config: 'providers',
      env: environment(),
    });
    const connection = await Connection.connect({ address: temporalAddress });
    return new Providers(surehook, taskQueue, new Client({ connection, dataConverter: DATA_CONVERTER }));
  }

  async stop(): Promise<void> {
    await this.surehook.stop();
    await this.#temporal.connection.close();
  }

  /** Sends a request that is none of a signed webhook. @param query with its `?` */
  async ask(
    method: string,
    source: string,
    query = '',
    init: { headers?: Record<string, string>; body?: string } = {},
  ): Promise<ProviderAnswer> {
    return await answerOf(
      await fetch(`${this.surehook.publicUrl}/webhooks/${source}${query}`, { method, ...init }),
    );
  }

  async send({ path, headers, body }: ProviderRequest): Promise<ProviderAnswer> {
    const init = { method: 'POST', headers, body: body as Uint8Array<ArrayBuffer> };
    const post = async () => await answerOf(await fetch(this.surehook.publicUrl + path, init));
    return await waitFor(post, ({ status }) => status !== 503); // a busy machine may answer 503
  }

  /** Sends an event as its provider would. */
  async signed(scheme: SchemeName, body: string | Uint8Array, given: Given = {}): Promise<ProviderAnswer> {
    return await this.send(signedAs(scheme, body, given));
  }

  /** Asserts that the events are stored. @returns them as the operator API shows them */
  async stored(source: string, eventIds: readonly string[]): Promise<Event[]> {
    for (const id of eventIds) this.#stored.add(workflowIdOfEvent(source, id));
    const isThere = (event: Event) => event.event_id !== undefined;
    // What was answered with a 2xx is there at once.
    return await Promise.all(
      eventIds.map((id) => waitFor(() => this.surehook.event(source, id), isThere, 30_000)),
    );
  }

  /** Asserts that nothing was started but what `stored` has been told. */
  async expectNothingElseStarted(): Promise<void> {
    const isWhole = (ids: string[]) => [...this.#stored].every((id) => ids.includes(id));
    expect(new Set(await waitFor(() => this.started(), isWhole))).toEqual(this.#stored);
  }

  /** The ids of the workflows that Temporal lists, which it does a little later than it starts them. */
  async started(): Promise<string[]> {
    const ids: string[] = [];
    const query = `TaskQueue = '${this.#taskQueue}'`;
    for await (const { workflowId } of this.#temporal.workflow.list({ query })) ids.push(workflowId);
    return ids;
  }
}

function environment(): Record<string, string> {
  const secrets = SCHEME_NAMES.filter((scheme) => !isWithoutSecret(scheme)).map((scheme) => [
    `SECRET_${scheme.toUpperCase().replaceAll('-', '_')}`,
    secretOf(scheme),
  ]);
  return {
    ...Object.fromEntries(secrets),
    VERIFY_TOKEN,
    SUREHOOK_PUBLIC_URL: PUBLIC_URL,
    PROVIDER_CERTIFICATES: JSON.stringify(KEYS.certificates),
    PROVIDER_JWKS: JSON.stringify(KEYS.jwks),
  };
}

async function answerOf(response: Response): Promise<ProviderAnswer> {
  const { status, headers } = response;
  return { status, type: headers.get('content-type') ?? '', text: await response.text(), headers };
}

// Tests the content of the config file: what is accepted, what it is parsed to, and how each mistake is named.
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type EndpointConfig, forType, type SourceConfig } from '../../src/config/config.ts';
import { DELIVERY_RETRY, HANDLER_RETRY } from '../../src/config/retry-schedule.ts';
import { RESERVED_SOURCE_NAMES } from '../../src/contracts/ids.ts';
import { signRequest, verifySignature } from '../../src/signatures/index.ts';
import { loadConfig } from '../../src/user-code/load-config.ts';
import { ENV, faultsOf, INDEX, load, loadOne, refusal, write } from '../support/config-file.ts';

describe('a valid config', () => {
  it('gets the defaults of the contract', async () => {
    const { source, endpoint } = await loadOne();
    expect(source).toMatchObject({
      name: 'partner',
      verify: { scheme: 'hmac' },
      hasSchema: false,
      ipAllowList: undefined,
      maxBodyBytes: 1024 * 1024,
      rateLimit: undefined,
      timeoutMs: 5_000,
      retry: HANDLER_RETRY,
      redelivery: 'rerun-failed',
    });
    expect(source.handlers.size).toBe(0);
    expect(source.forwardTo.get('*')).toEqual([]);
    expect(endpoint).toMatchObject({
      name: 'billing',
      url: 'https://billing.test/hooks',
      headers: {},
      timeoutMs: 15_000,
      retry: DELIVERY_RETRY,
      breaker: { failures: 10, probeAfterMs: 10_000, holdForMs: 86_400_000, alertAfterMs: 300_000 },
    });
  });

  it('needs no endpoints', async () => {
    const path = write(
      `import { secret } from '${INDEX}';
      export default { sources: { a: { verify: { scheme: 'github', secrets: [secret('A')] } } } };`,
    );
    const config = await loadConfig({ path, env: ENV });
    expect([...config.sources.keys()]).toEqual(['a']);
    expect(config.endpoints.size).toBe(0);
  });

  it('is frozen, with each source and endpoint', async () => {
    const config = await load({ endpoint: "headers: { 'X-Team': 'a' }" });
    const source = config.sources.get('partner') as SourceConfig;
    const endpoint = config.endpoints.get('billing') as EndpointConfig;
    for (const part of [config, source, source.verify, endpoint, endpoint.headers]) {
      expect(Object.isFrozen(part), inspect(part)).toBe(true);
    }
  });

  it('keeps every setting that is given', async () => {
    const { source, endpoint } = await loadOne({
      source: `
        verify: { scheme: 'hmac', secrets: [secret('A'), secret('B')], header: 'X-Sig', prefix: 'sha256=',
          encoding: 'base64', timestampHeader: 'X-Time' },
        eventId: ['header.X-Request-ID', 'body.data.object.id'], eventType: 'body.kind',
        schema: z.object({ id: z.string() }), ipAllowList: ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', '::1'],
        maxBodyBytes: 1_900_000, rateLimit: { perSecond: 2.5 }, toleranceSeconds: 0.5, handlers: { 'a.b': () => 1, '*': () => 2 },
        timeoutMs: 86_400_000, retry: [0, 500, '1m'], forwardTo: { 'a.b': ['billing'], '*': [] },
        redelivery: 'ignore',`,
      endpoint: `
        timeoutMs: 1, retry: { initial: '1s', attempts: 3 }, breaker: { failures: 3, probeAfter: 2_000, holdFor: '1m', alertAfter: '10s' },
        headers: { 'X-Team': 'a b', 'X-Key': secret('A') }, forwardHeaders: ['X-GitHub-Event'],`,
    });
    const { hasSchema, handlers, forwardTo, verify, ...rest } = source;
    const format = { header: 'X-Sig', prefix: 'sha256=', encoding: 'base64', timestampHeader: 'X-Time' };
    expect(verify).toMatchObject({ ...format, toleranceSeconds: 0.5 });
    expect(verify.secrets.map((one) => one.reveal())).toEqual([
      'secret-of-a-0123456789',
      'secret-of-b-0123456789',
    ]);
    expect(rest).toMatchObject({
      eventId: [
        { in: 'header', name: 'x-request-id' },
        { in: 'body', path: ['data', 'object', 'id'] },
      ],
      eventType: [{ in: 'body', path: ['kind'] }],
      ipAllowList: ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', '::1'],
      maxBodyBytes: 1_900_000,
      rateLimit: { perSecond: 2.5, burst: 5 },
      timeoutMs: 86_400_000,
      retry: [0, 500, 60_000],
      redelivery: 'ignore',
    });
    expect(hasSchema).toBe(true);
    expect([...handlers]).toEqual(['a.b', '*']);
    expect(forType(forwardTo, 'a.b')).toEqual(['billing']);
    expect(endpoint).toMatchObject({ timeoutMs: 1, retry: [1_000, 2_000] });
    expect(endpoint.breaker).toEqual({
      failures: 3,
      probeAfterMs: 2_000,
      holdForMs: 60_000,
      alertAfterMs: 10_000,
    });
    expect(endpoint.forwardHeaders).toEqual(['x-github-event']);
    expect(endpoint.headers['x-team']).toBe('a b');
    expect(String(endpoint.headers['x-key'])).toBe('[secret A]');
  });

  it('has no breaker for an endpoint with `breaker: false`', async () => {
    expect((await loadOne({ endpoint: 'breaker: false' })).endpoint.breaker).toBeUndefined();
  });

  it('takes id and type from the places of the scheme, unless other places are configured', async () => {
    const { sources } = await load({
      sources: `github: { verify: { scheme: 'github', secrets } },
        stripe: { verify: { scheme: 'stripe', secrets }, eventId: 'header.x-id' },`,
    });
    expect(sources.get('partner')?.eventId[0]).toEqual({ in: 'body', path: ['event_id'] });
    expect(sources.get('github')?.eventId).toEqual([{ in: 'header', name: 'x-github-delivery' }]);
    expect(sources.get('github')?.eventType).toEqual([{ in: 'header', name: 'x-github-event' }]);
    expect(sources.get('stripe')?.eventId).toEqual([{ in: 'header', name: 'x-id' }]);
    expect(sources.get('stripe')?.eventType).toEqual([{ in: 'body', path: ['type'] }]);
  });

  it("tolerates the scheme's five minutes, unless another tolerance is configured", async () => {
    const verify = "verify: { scheme: 'stripe', secrets: [secret('A')] }";
    const { sources } = await load({
      source: verify,
      sources: `strict: { ${verify}, toleranceSeconds: 10 }`,
    });
    const rawBody = Buffer.from('{}');
    const headers = signRequest({ scheme: 'stripe', secret: ENV.A, rawBody, now: 1_000_000 });
    const check = (name: string, age: number) => {
      const source = sources.get(name) as SourceConfig;
      const secrets = source.verify.secrets.map((one) => one.reveal());
      return verifySignature({ ...source.verify, secrets, headers, rawBody, now: 1_000_000 + age });
    };
    for (const [name, tolerance] of [['partner', 300] as const, ['strict', 10] as const]) {
      expect(check(name, tolerance)).toEqual({ ok: true });
      expect(check(name, tolerance + 1)).toMatchObject({ ok: false, code: 'timestamp_out_of_tolerance' });
    }
  });

  it('lists the headers that are never stored: logins, cookies and the signature', async () => {
    const { sources } = await load({
      source: "verify: { scheme: 'hmac', secrets, header: 'X-Partner-Sig' }",
      sources: "github: { verify: { scheme: 'github', secrets } }",
    });
    const logins = ['authorization', 'proxy-authorization', 'cookie'];
    expect([...(sources.get('partner')?.credentialHeaders ?? [])]).toEqual([...logins, 'x-partner-sig']);
    expect([...(sources.get('github')?.credentialHeaders ?? [])]).toEqual([...logins, 'x-hub-signature-256']);
  });

  it('allows bodies up to 16 MiB if there is a storage for bodies', async () => {
    const parts = { source: 'maxBodyBytes: 16_777_216' };
    const { source } = await loadOne(parts, { hasStorage: true });
    expect(source.maxBodyBytes).toBe(16_777_216);
    expect(await faultsOf(parts)).toEqual([
      'sources.partner.maxBodyBytes: over 1900000 bytes, bodies need a place of their own',
      'set SUREHOOK_STORAGE to one, or lower the limit',
    ]);
  });

  it("gives an event type its own entry, and every other type the '*' entry", async () => {
    const { source } = await loadOne({ source: "forwardTo: { a: ['billing'], '*': [] }" });
    expect(forType(source.forwardTo, 'a')).toEqual(['billing']);
    expect(forType(source.forwardTo, 'b')).toEqual([]);
    const { source: strict } = await loadOne({ source: "forwardTo: { a: ['billing'] }" });
    expect(forType(strict.forwardTo, 'b')).toBeUndefined();
    expect(forType(strict.forwardTo, 'constructor')).toBeUndefined();
  });

  it('may hold secrets made by another installed copy of Surehook', async () => {
    const copy = "new (class SecretRef { name = 'A' })()";
    const { source } = await loadOne({ source: `verify: { scheme: 'hmac', secrets: [${copy}] }` });
    expect(source.verify.secrets[0]?.reveal()).toBe('secret-of-a-0123456789');
  });
});

const NAME = 'expected lower-case letters, digits, - and _, at most 63 characters';
const LOCATOR =
  "expected 'header.<name>', 'body.<path>', 'body', { join: [place, …] } or { digest: [place, …] }";
const SECRET = "expected secret('NAME'): secrets do not belong in the config file";
const RANGE = 'expected an address or a CIDR range such as 3.18.12.63/32';
const DURATION = "expected milliseconds or a string such as '30s', at most 7 days";
const UNKNOWN = 'unknown key (remove it or correct its name)';

describe('a mistake in a source is named with its path', () => {
  it.each([
    ['retries: 3', 'retries', UNKNOWN],
    ["verify: { scheme: 'hmac', secrets, secret: 1 }", 'verify.secret', UNKNOWN],
    ["verify: { scheme: 'stripe', secrets, header: 'x' }", 'verify.header', UNKNOWN],
    ['retry: { initial: 1, attempts: 2, attemps: 3 }', 'retry.attemps', UNKNOWN],
    ["verify: 'stripe'", 'verify', 'Invalid input: expected object, received string'],
    ["verify: { scheme: 'hmac', secrets: [] }", 'verify.secrets', "expected at least one secret('NAME')"],
    ["verify: { scheme: 'hmac', secrets: ['plain'] }", 'verify.secrets.0', SECRET],
    ["verify: { scheme: 'hmac', secrets: [secrets[0], undefined] }", 'verify.secrets.1', SECRET],
    ["verify: { scheme: 'hmac', secrets: [Object.create(null)] }", 'verify.secrets.0', SECRET],
    ["verify: { scheme: 'hmac', secrets, header: 'X Sig' }", 'verify.header', 'expected a header name'],
    ["eventId: 'event_id'", 'eventId', LOCATOR],
    ["eventId: 'body.'", 'eventId', LOCATOR],
    ['eventId: 5', 'eventId', LOCATOR],
    ["eventType: ['body.type', 'query.type']", 'eventType.1', LOCATOR],
    ["schema: { type: 'object' }", 'schema', 'expected a zod schema'],
    ["sample: 'text'", 'sample', 'expected the JSON body of an event: an object, or a list'],
    ["ipAllowList: ['10.0.0.0/33']", 'ipAllowList.0', RANGE],
    ["ipAllowList: ['example.com']", 'ipAllowList.0', RANGE],
    ["ipAllowList: ['::1', '10.1/16']", 'ipAllowList.1', RANGE],
    ["ipAllowList: ['192.168']", 'ipAllowList.0', RANGE],
    ['maxBodyBytes: 17_000_000', 'maxBodyBytes', 'Too big: expected number to be <=16777216'],
    ['toleranceSeconds: 0', 'toleranceSeconds', 'Too small: expected number to be >0'],
    ["handlers: { a: 'x' }", 'handlers.a', 'expected a function'],
    ['timeoutMs: 0', 'timeoutMs', 'Too small: expected number to be >=1'],
    ["timeoutMs: '5s'", 'timeoutMs', 'Invalid input: expected number, received string'],
    ["retry: [0, 'soon']", 'retry.1', DURATION],
    ['retry: { initial: -1, attempts: 2 }', 'retry.initial', DURATION],
    ['retry: { initial: 1, attempts: 500 }', 'retry.attempts', 'Too big: expected number to be <=100'],
    [
      'retry: 5',
      'retry',
      "expected { initial, factor, max, attempts } or a list of delays such as [0, 500, '1m']",
    ],
    ["forwardTo: ['biling']", 'forwardTo', "there is no endpoint 'biling' under endpoints"],
    [
      "forwardTo: { a: ['billing', 'constructor'] }",
      'forwardTo',
      "there is no endpoint 'constructor' under endpoints",
    ],
    ["forwardTo: 'billing'", 'forwardTo', 'expected a list of endpoint names, or such a list per event type'],
    ["redelivery: 'never'", 'redelivery', 'Invalid option: expected one of "rerun-failed"|"ignore"'],
  ])('%s', async (source, path, expected) => {
    expect(await faultsOf({ source })).toEqual([`sources.partner.${path}: ${expected}`]);
  });

  it('such as the name of a scheme that does not exist, with those that begin alike', async () => {
    const [fault] = await faultsOf({ source: "verify: { scheme: 'strip', secrets }" });
    expect(fault).toMatch(
      /^sources\.partner\.verify\.scheme: there is no such scheme: those that begin with s are standard, svix, stripe, .*\. For a provider that has none, use 'hmac'/,
    );
  });
});

describe('a mistake in an endpoint is named with its path', () => {
  it.each([
    ["secret: 'x'", 'secret', UNKNOWN],
    ['retry: { initial: 1, attempts: 2, jitter: 0 }', 'retry.jitter', UNKNOWN],
    ["url: 'localhost:9000'", 'url', 'expected an http or https URL'],
    ["url: 'ftp://a.test'", 'url', 'expected an http or https URL'],
    [
      "url: 'https://me:pass@a.test'",
      'url',
      "a user or password in a URL is not sent: leave them out, and set headers: { authorization: secret('NAME') }",
    ],
    ['secrets: []', 'secrets', "expected at least one secret('NAME')"],
    ["breaker: { probeAfter: '500ms' }", 'breaker.probeAfter', "expected '1s' or more"],
    ['breaker: { failures: 0 }', 'breaker.failures', 'Too small: expected number to be >=1'],
    ["breaker: { holdFor: 'soon' }", 'breaker.holdFor', DURATION],
    ['breaker: { probes: 1 }', 'breaker.probes', UNKNOWN],
    ["breaker: { alertAfter: 'soon' }", 'breaker.alertAfter', DURATION],
    ['breaker: true', 'breaker', 'expected false or { failures, probeAfter, holdFor, alertAfter }'],
    ["secrets: ['whsec_abcd']", 'secrets.0', SECRET],
    ["headers: { 'x team': 'a' }", 'headers.x team', 'expected a header name'],
    ["headers: { 'x-team': 'a\\r\\nb: c' }", 'headers.x-team', 'expected visible ASCII'],
    ["headers: { 'x-team': 5 }", 'headers.x-team', "expected visible ASCII or secret('NAME')"],
  ])('%s', async (endpoint, path, expected) => {
    expect(await faultsOf({ endpoint })).toEqual([`endpoints.billing.${path}: ${expected}`]);
  });

  it.each([
    'webhook-id',
    'Webhook-Signature',
    'X-Webhook-Signature',
    'x-webhook-source',
    'Content-Type',
    'content-length',
    'Host',
    'connection',
    'keep-alive',
    'transfer-encoding',
    'upgrade',
    'expect',
  ])('a header that Surehook or the connection sets: %s', async (header) => {
    const faults = await faultsOf({ endpoint: `headers: { '${header}': 'x' }` });
    expect(faults).toEqual([`endpoints.billing.headers.${header}: Surehook sets this header itself`]);
  });

  it.each([
    ['Authorization', 'authorization cannot be forwarded: it carries a credential'],
    ['cookie', 'cookie cannot be forwarded: it carries a credential'],
    ['set-cookie', 'set-cookie cannot be forwarded: it carries a credential'],
    ['TE', 'te cannot be forwarded: it belongs to the connection'],
    ['connection', 'connection cannot be forwarded: Surehook sets this header itself'],
    ['X-Webhook-Event-Id', 'x-webhook-event-id cannot be forwarded: Surehook sets this header itself'],
    ['traceparent', 'traceparent cannot be forwarded: Surehook sets this header itself'],
    ['x tenant', 'expected a header name'],
  ])('a header of the sender that may not go on: %s', async (header, expected) => {
    const faults = await faultsOf({ endpoint: `forwardHeaders: ['x-ok', '${header}']` });
    expect(faults).toEqual([`endpoints.billing.forwardHeaders.1: ${expected}`]);
  });

  it('a header to forward that carries the signature of a source, or is under headers, too', async () => {
    const forwardTo = "forwardTo: { push: ['billing'] }";
    const faults = await faultsOf({
      sources: `github: { verify: { scheme: 'github', secrets }, ${forwardTo} },
        own: { verify: { scheme: 'hmac', header: 'X-Sig', secrets }, ${forwardTo} },
        other: { verify: { scheme: 'hmac', header: 'X-Other', secrets } },`,
      endpoint: `headers: { 'X-Team': 'a' },
        forwardHeaders: ['x-hub-signature-256', 'X-Sig', 'x-other', 'x-team', 'x-github-event']`,
    });
    const at = 'endpoints.billing.forwardHeaders';
    expect(faults).toEqual([
      `${at}: x-hub-signature-256 cannot be forwarded: it carries the signature of github`,
      `${at}: x-sig cannot be forwarded: it carries the signature of own`,
      `${at}: x-team cannot be forwarded: it is under headers, too`,
    ]);
  });
});

describe('a mistake elsewhere is named with its path', () => {
  it.each([
    ['tassks: {}', 'tassks', UNKNOWN],
    ['sources: []', 'sources', 'Invalid input: expected record, received array'],
    ['sources: undefined', 'sources', 'expected a source, or a task type under tasks'],
  ])('%s', async (top, path, expected) => {
    expect(await faultsOf({ top })).toEqual([`${path}: ${expected}`]);
  });

  it.each([
    ...RESERVED_SOURCE_NAMES.map((name): [string, string] => [
      name,
      `'${name}' is reserved: workflows of Surehook's own have ids that begin with it`,
    ]),
    ['My Shop', NAME],
    ['shop:eu', NAME],
    ['-shop', NAME],
    ['a'.repeat(64), NAME],
  ])('the source name %s', async (name, expected) => {
    const faults = await faultsOf({ sources: `'${name}': { verify: { scheme: 'hmac', secrets } }` });
    expect(faults).toEqual([`sources.${name}: ${expected}`]);
  });

  it.each(['My Shop', 'shop/eu', ''])('the endpoint name %j', async (name) => {
    const faults = await faultsOf({ endpoints: `'${name}': { url: 'https://a.test', secrets }` });
    expect(faults).toEqual([`endpoints.${name}: ${NAME}`]);
  });
});

describe('the message about an invalid config', () => {
  it('names every fault', async () => {
    const faults = await faultsOf({
      top: "'new\\nline': 1, tassks: 2",
      source: "timeoutMs: 0, retry: [0, 'soon', 'later'], forwardTo: ['biling']",
      endpoint: "url: 'x', secrets: []",
    });
    expect(faults.map((fault) => fault.split(': ')[0])).toEqual([
      'sources.partner.timeoutMs',
      'sources.partner.retry.1',
      'sources.partner.retry.2',
      'endpoints.billing.url',
      'endpoints.billing.secrets',
      'new line',
      'tassks',
    ]);
    const others = await faultsOf({ source: "forwardTo: ['biling', 'mailing']", top: 'tassks: 2' });
    expect(others).toEqual([
      `tassks: ${UNKNOWN}`,
      "sources.partner.forwardTo: there is no endpoint 'biling' under endpoints",
      "sources.partner.forwardTo: there is no endpoint 'mailing' under endpoints",
    ]);
  });

  it('shows no value, since a value may be a secret', async () => {
    const source = "verify: { scheme: 'hmac', secrets: ['hunter2'] }";
    expect(await refusal(load({ source, endpoint: "secrets: 'hunter2', url: 'hunter2'" }))).not.toContain(
      'hunter2',
    );
  });
});

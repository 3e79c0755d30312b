// Tests the settings of the environment: their defaults, what is refused, and the one line that names it.
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadSettings } from '../../src/config/settings.ts';

/** @returns the message with which the settings are refused; it must be one line */
function refusal(env: NodeJS.ProcessEnv): string {
  try {
    loadSettings(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).not.toMatch(/[\r\n]/);
    return (error as Error).message;
  }
  return expect.fail('the settings were accepted');
}

const PORTS = ['PORT', 'OPERATOR_PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT'];

describe('settings that are not given', () => {
  const defaults = {
    port: 8080,
    host: undefined, // the command decides: 127.0.0.1 in dev, 0.0.0.0 otherwise
    operatorPort: 8081,
    operatorHost: '127.0.0.1',
    operatorToken: undefined,
    operatorUrl: undefined,
    storage: undefined,
    encryptionKeys: undefined,
    handlerProcesses: Math.max(2, availableParallelism()),
    handlerMemoryMb: 512,
    tls: undefined,
    trustedProxies: [],
    forwardedHeader: undefined,
    proxy: undefined,
    maxConnections: 4_000,
    maxConnectionsPerClient: 250,
    webhooksPerSecondPerClient: undefined,
    leastBytesPerSecond: 1_024,
    agent: {
      apiKeys: undefined,
      publicUrl: undefined,
      requestsPerSecond: 50,
      tasksMax: 10_000,
      allowLoopbackUrls: false,
    },
    configPath: 'surehook.config.ts',
    stateDir: '.surehook',
    taskQueue: 'surehook',
    externalTemporal: false,
    temporalCliPath: undefined,
    temporalPort: 7233,
    temporalUiPort: 8233,
    temporalUiUrl: undefined,
    tracesUrl: undefined,
    logLevel: 'info',
    path: '',
    cacheDir: join(homedir(), '.cache', 'surehook'),
    env: {},
  };

  it('have the defaults of the contract', () => {
    expect(loadSettings({})).toEqual(defaults);
  });

  it('may be empty, as a Compose file sets them', () => {
    const env = {
      ...Object.fromEntries(PORTS.map((name) => [name, ''])),
      HOST: '',
      OPERATOR_HOST: '',
      SUREHOOK_OPERATOR_TOKEN: '',
      SUREHOOK_OPERATOR_URL: '',
      SUREHOOK_STORAGE: '',
      SUREHOOK_TRUSTED_PROXIES: '',
      SUREHOOK_CONFIG: '',
      SUREHOOK_STATE_DIR: '',
      SUREHOOK_TASK_QUEUE: '',
      TEMPORAL_ADDRESS: '',
      TEMPORAL_PROFILE: '',
      TEMPORAL_API_KEY: '',
      TEMPORAL_CLI_PATH: '',
      TEMPORAL_UI_URL: '',
      OTEL_EXPORTER_OTLP_ENDPOINT: '',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '',
      LOG_LEVEL: '',
      XDG_CACHE_HOME: '',
    };
    expect(loadSettings(env)).toEqual(defaults);
  });
});

describe('settings that are given', () => {
  it('are used as given', () => {
    const token = 'a'.repeat(16);
    const settings = loadSettings({
      PORT: '0',
      HOST: '::1',
      OPERATOR_PORT: '65535',
      OPERATOR_HOST: '0.0.0.0',
      SUREHOOK_OPERATOR_TOKEN: token,
      SUREHOOK_OPERATOR_URL: 'https://ops.test/',
      SUREHOOK_TRUSTED_PROXIES: '10.0.0.0/8, ::1,192.0.2.7',
      SUREHOOK_FORWARDED_HEADER: 'forwarded',
      SUREHOOK_ALLOW_LOOPBACK_URLS: 'true',
      SUREHOOK_API_KEYS: `shop:${'k'.repeat(16)}, shop:${'l'.repeat(16)}`,
      SUREHOOK_PUBLIC_URL: 'https://hooks.test',
      SUREHOOK_CLIENT_REQUESTS_PER_SECOND: '5',
      SUREHOOK_CLIENT_TASKS: '7',
      SUREHOOK_CONFIG: 'config/prod.ts',
      SUREHOOK_STATE_DIR: '/var/lib/surehook',
      SUREHOOK_TASK_QUEUE: 'webhooks',
      TEMPORAL_CLI_PATH: '/opt/temporal',
      TEMPORAL_PORT: '17233',
      TEMPORAL_UI_PORT: '18233',
      TEMPORAL_UI_URL: 'http://127.0.0.1:8233',
      LOG_LEVEL: 'debug',
      PATH: '/bin',
      XDG_CACHE_HOME: '/cache',
    });
    expect(settings).toMatchObject({
      port: 0,
      host: '::1',
      operatorPort: 65_535,
      operatorHost: '0.0.0.0',
      operatorToken: token,
      operatorUrl: 'https://ops.test/',
      trustedProxies: ['10.0.0.0/8', '::1', '192.0.2.7'],
      forwardedHeader: 'forwarded',
      agent: {
        apiKeys: [
          { client: 'shop', key: 'k'.repeat(16) },
          { client: 'shop', key: 'l'.repeat(16) },
        ],
        publicUrl: 'https://hooks.test',
        requestsPerSecond: 5,
        tasksMax: 7,
        allowLoopbackUrls: true,
      },
      configPath: 'config/prod.ts',
      stateDir: '/var/lib/surehook',
      taskQueue: 'webhooks',
      temporalCliPath: '/opt/temporal',
      temporalPort: 17_233,
      temporalUiPort: 18_233,
      temporalUiUrl: 'http://127.0.0.1:8233',
      logLevel: 'debug',
      path: '/bin',
      cacheDir: join('/cache', 'surehook'),
    });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it('name an external Temporal by address or by profile', () => {
    expect(loadSettings({ TEMPORAL_ADDRESS: 'temporal:7233' }).externalTemporal).toBe(true);
    expect(loadSettings({ TEMPORAL_PROFILE: 'prod' }).externalTemporal).toBe(true);
    expect(loadSettings({ TEMPORAL_NAMESPACE: 'default' }).externalTemporal).toBe(false);
  });

  it('name a collector of traces as OpenTelemetry does, by a base URL or by the full URL', () => {
    const base = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
    expect(loadSettings(base).tracesUrl).toBe('http://collector:4318/v1/traces');
    const withPath = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.test/otlp/' };
    expect(loadSettings(withPath).tracesUrl).toBe('https://otlp.test/otlp/v1/traces');
    const both = { ...base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.test/in' };
    expect(loadSettings(both).tracesUrl).toBe('https://traces.test/in');
  });

  it.each([
    ['disk:/var/lib/bodies', { kind: 'disk', path: '/var/lib/bodies' }],
    ['disk:bodies', { kind: 'disk', path: 'bodies' }],
    ['s3://bodies', { kind: 's3', bucket: 'bodies', prefix: '' }],
    [
      's3://bodies/a/b/?region=eu-west-1',
      { kind: 's3', bucket: 'bodies', prefix: 'a/b/', region: 'eu-west-1' },
    ],
    ['s3://b-1?endpoint=http://minio:9000', { kind: 's3', bucket: 'b-1', endpoint: 'http://minio:9000' }],
  ])('name the storage for large bodies: %s', (SUREHOOK_STORAGE, place) => {
    expect(loadSettings({ SUREHOOK_STORAGE }).storage).toMatchObject(place);
  });

  it("keep the environment for secrets and Temporal's own settings, without empty variables", () => {
    const env = {
      STRIPE_SECRET: 's',
      TEMPORAL_NAMESPACE: 'webhooks',
      TEMPORAL_ADDRESS: '',
      TEMPORAL_API_KEY: '',
    };
    expect(loadSettings(env).env).toEqual({ STRIPE_SECRET: 's', TEMPORAL_NAMESPACE: 'webhooks' });
  });

  it("come from this process's environment, unless another environment is given", () => {
    expect(loadSettings().path).toBe(process.env.PATH);
  });
});

describe('a setting that cannot be used', () => {
  const port = 'expected a port from 0 to 65535';
  const token = 'expected at least 16 visible ASCII characters; make one with: openssl rand -hex 32';
  const proxies = 'expected addresses or CIDR ranges, separated by commas';

  it.each([
    '/var/lib/bodies',
    'disk:',
    's3://',
    's3://UPPER',
    's3://bodies/../other',
    's3://bodies?endpoint=minio:9000',
    's3://bodies?secret=x',
    's3://key:secret@bodies',
  ])('is named with the expected value: SUREHOOK_STORAGE=%s', (SUREHOOK_STORAGE) => {
    const expected = 'expected disk:/path or s3://bucket/prefix?endpoint=https://…&region=…';
    expect(refusal({ SUREHOOK_STORAGE })).toBe(`SUREHOOK_STORAGE: ${expected}`);
  });

  it.each(PORTS)('is named with the expected value: %s', (name) => {
    for (const value of [
      'http',
      '65536',
      '-1',
      '80.5',
      ' ',
      '0x50',
      '1e3',
      '8080 ',
      '123456',
      'tcp://10.0.0.1:80',
    ]) {
      expect(refusal({ [name]: value }), value).toBe(`${name}: ${port}`);
    }
  });

  it.each([
    ['SUREHOOK_OPERATOR_TOKEN', 'a'.repeat(15), token],
    ['SUREHOOK_OPERATOR_TOKEN', `${'a'.repeat(16)}\n`, token],
    ['SUREHOOK_OPERATOR_TOKEN', 'a token that has spaces', token],
    ['SUREHOOK_TRUSTED_PROXIES', 'loopback', proxies],
    ['SUREHOOK_TRUSTED_PROXIES', '1', proxies],
    ['SUREHOOK_TRUSTED_PROXIES', '10.0.0.0/8,', proxies],
    ['SUREHOOK_TRUSTED_PROXIES', '10.0.0.0/8 ::1', proxies],
    ['SUREHOOK_FORWARDED_HEADER', 'x-real-ip', "expected 'x-forwarded-for' or 'forwarded'"],
    ['SUREHOOK_WEBHOOKS_PER_SECOND_PER_CLIENT', '0', 'expected a whole number from 1 to 100000'],
    ['SUREHOOK_OPERATOR_URL', 'localhost:8081', 'expected a URL such as http://127.0.0.1:8081'],
    ['TEMPORAL_UI_URL', '127.0.0.1:8233', 'expected a URL such as http://127.0.0.1:8233'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317', 'expected a URL such as http://127.0.0.1:4318'],
    ['SUREHOOK_ALLOW_LOOPBACK_URLS', 'yes', "expected 'true' or 'false'"],
    ['SUREHOOK_TASK_QUEUE', 'q'.repeat(201), 'Too big: expected string to have <=200 characters'],
    [
      'LOG_LEVEL',
      'verbose',
      'Invalid option: expected one of "trace"|"debug"|"info"|"warn"|"error"|"silent"',
    ],
  ])('is named with the expected value: %s=%s', (name, value, expected) => {
    expect(refusal({ [name]: value })).toBe(`${name}: ${expected}`);
  });

  it.each([
    ['SUREHOOK_TLS_CERT', 'SUREHOOK_TLS_KEY'],
    ['SUREHOOK_TLS_KEY', 'SUREHOOK_TLS_CERT'],
  ])('is the one that %s needs: %s', (given, missing) => {
    expect(refusal({ [given]: 'some.pem' })).toBe(
      `${missing}: it is not set, and ${given} needs it; set both, or neither`,
    );
  });

  it('is named in one line with all others', () => {
    const message = refusal({
      PORT: 'http',
      OPERATOR_PORT: '-1',
      LOG_LEVEL: 'x\ny',
      SUREHOOK_OPERATOR_TOKEN: 'x',
    });
    expect(message).toMatch(/^PORT: .*; OPERATOR_PORT: .*; SUREHOOK_OPERATOR_TOKEN: .*; LOG_LEVEL: /);
  });

  it('is named without the value of a token', () => {
    expect(refusal({ SUREHOOK_OPERATOR_TOKEN: 'hunter2' })).not.toContain('hunter2');
  });
});

describe('the proxies of outgoing requests', () => {
  it('are read under the names that other tools read, of which the lower-case name wins', () => {
    const [upper, lower] = ['http://upper.test:3128', 'http://me:secret@lower.test:3128'];
    expect(loadSettings({ HTTP_PROXY: upper, NO_PROXY: 'a.test' }).proxy).toEqual({
      http: upper,
      https: undefined,
      except: 'a.test',
    });
    const env = { HTTP_PROXY: upper, http_proxy: lower, HTTPS_PROXY: upper, https_proxy: lower };
    expect(loadSettings({ ...env, NO_PROXY: 'a.test', no_proxy: 'b.test' }).proxy).toEqual({
      http: lower,
      https: lower,
      except: 'b.test',
    });
    expect(loadSettings({ NO_PROXY: 'a.test' }).proxy).toBeUndefined();
  });

  it('are refused if they are no URL of a proxy, without being shown', () => {
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy']) {
      expect(refusal({ [name]: 'socks5://me:secret@proxy.test' })).toBe(
        `${name}: expected the URL of a proxy, such as http://proxy.example.com:3128`,
      );
    }
  });
});

// Tests docker-compose.yml against the Compose specification and against what docs/deploying.md promises.
// compose-spec.json is schema/compose-spec.json of github.com/compose-spec/compose-spec at a08f8d5, unchanged; Apache
// License 2.0, © The Compose Specification Authors.
import { existsSync, readFileSync } from 'node:fs';
import proto from '@temporalio/proto';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DEAD_LETTER } from '../../src/contracts/dead-letter.ts';
import { openDeadLetters } from '../../src/dead-letters/conditions.ts';

interface Service {
  image: string;
  build?: string;
  command?: string[];
  depends_on?: Record<string, unknown>;
  environment?: Record<string, string | number>;
  env_file?: { path: string }[];
  ports?: string[];
  volumes?: (string | { type: string; source: string })[];
  restart?: string;
  container_name?: string;
}

const path = (relative: string) => new URL(`../../${relative}`, import.meta.url);
const read = (relative: string) => readFileSync(path(relative), 'utf8');

const text = read('docker-compose.yml');
const compose = parse(text, { merge: true }) as { services: Record<string, Service> };
const { services } = compose;
const entries = Object.entries(services);
const service = (name: string): Service => {
  const found = services[name];
  if (!found) throw new Error(`no service ${name}`);
  return found;
};
const OURS = ['api', 'worker'];

it('is a valid Compose file', () => {
  const { $schema, ...schema } = JSON.parse(read('test/support/compose-spec.json'));
  expect($schema).toBe('https://json-schema.org/draft-07/schema'); // the version that Ajv assumes without `$schema`
  const ajv = new Ajv({ allErrors: true, strictTypes: false });
  ajv.validate(schema, compose);
  expect(ajv.errors).toBeNull();
});

it('names only existing services in depends_on', () => {
  const named = entries.flatMap(([, { depends_on }]) => Object.keys(depends_on ?? {}));
  expect(named).not.toEqual([]);
  expect(Object.keys(services)).toEqual(expect.arrayContaining(named));
});

it('gives both roles the URL of the Web UI, to which the API and the alerts of workers link', () => {
  for (const name of OURS) expect(service(name).environment).toHaveProperty('TEMPORAL_UI_URL');
});

describe('images', () => {
  const pulled = entries.filter(([, { build }]) => !build).map(([name, { image }]) => [name, image] as const);

  it.each(pulled)('%s is pinned to a version: %s', (_name, image) => {
    expect(image).toMatch(/^[a-z/-]+:\d+\.\d+[\w.-]*$/);
  });

  it('are built here for api and worker only, from one Dockerfile on Node 24 with glibc', () => {
    expect(entries.filter(([, { build }]) => build).map(([name]) => name)).toEqual(OURS);
    expect(OURS.map((name) => service(name).build)).toEqual(['.', '.']);
    const bases = [...read('Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
    expect(new Set(bases)).toEqual(new Set(['node:24-bookworm-slim']));
  });

  it('set up the schema with tools of the same minor version as the server, and the server has its security fix', () => {
    const version = service('temporal').image.replace(/^.*:/, '');
    expect(version).toBe('1.29.2'); // CVE-2025-14986
    expect(service('temporal-schema').image).toMatch(/:1\.29\.\d+-/);
    expect(service('temporal-namespace').image).toBe(service('temporal-schema').image);
  });
});

it('publishes only the ingress, and on loopback the operator API and the Web UI', () => {
  const published = Object.fromEntries(
    entries.flatMap(([name, { ports }]) => (ports ? [[name, ports]] : [])),
  );
  expect(entries.filter(([, service]) => 'network_mode' in service)).toEqual([]);
  expect(published).toEqual({
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Compose's own syntax
    api: ['${SUREHOOK_PUBLISH:-8080}:8080', '127.0.0.1:${SUREHOOK_PUBLISH_OPERATOR:-8081}:8081'],
    'temporal-ui': ['127.0.0.1:8233:8080'],
  });
});

describe.each(OURS)('%s', (name) => {
  /** The settings that Surehook reads; see "Settings" in docs/configuration.md. */
  const SETTINGS = [
    'PORT',
    'HOST',
    'OPERATOR_PORT',
    'OPERATOR_HOST',
    'SUREHOOK_OPERATOR_TOKEN',
    'SUREHOOK_API_KEYS',
    'SUREHOOK_ENCRYPTION_KEYS',
    'SUREHOOK_CONFIG',
    'SUREHOOK_STORAGE',
    'SUREHOOK_TASK_QUEUE',
    'SUREHOOK_TRUSTED_PROXIES',
    'TEMPORAL_ADDRESS',
    'TEMPORAL_NAMESPACE',
    'TEMPORAL_API_KEY',
    'TEMPORAL_PROFILE',
    'TEMPORAL_UI_URL',
    'LOG_LEVEL',
    'SUREHOOK_PUBLIC_URL',
  ];

  it('runs a command of Surehook', () => {
    expect(service(name).command).toEqual([name]);
  });

  it('is given only settings that Surehook has', () => {
    const given = Object.keys(service(name).environment ?? {});
    expect(given).toContain('TEMPORAL_ADDRESS');
    expect(SETTINGS).toEqual(expect.arrayContaining(given));
  });

  it('can run more than once', () => {
    expect(service(name).container_name).toBeUndefined();
  });
});

describe('secrets', () => {
  const SECRET = /PASSWORD|PWD|TOKEN|SECRET|KEYS?$/;

  it('have no value in the file, not even a default', () => {
    const secrets = entries.flatMap(([name, { environment }]) =>
      Object.entries(environment ?? {})
        .filter(([key]) => SECRET.test(key))
        .map(([key, value]) => [`${name} ${key}`, value] as const),
    );
    expect(secrets.map(([where]) => where)).toContain('api SUREHOOK_OPERATOR_TOKEN');
    for (const [where, value] of secrets)
      expect([where, value]).toEqual([where, expect.stringMatching(/^\$\{\w+:\?[^}]*\}$/)]);
    const defaults = [...text.matchAll(/\$\{(\w+):?[-=]/g)].map(([, name]) => name);
    expect(defaults.filter((name) => SECRET.test(name ?? ''))).toEqual([]);
  });

  it('come from files that neither git nor the image includes', () => {
    const files = entries.flatMap(([, { env_file }]) => env_file ?? []).map(({ path }) => path);
    expect(new Set(files)).toEqual(new Set(['deploy/.env']));
    expect(read('.gitignore').split('\n')).toContain('.env');
    expect(
      read('.dockerignore')
        .split('\n')
        .filter((line) => line && !line.startsWith('#'))[0],
    ).toBe('*');
  });
});

it('mounts only files that exist', () => {
  const sources = entries
    .flatMap(([, { volumes }]) => volumes ?? [])
    .map((volume) => (typeof volume === 'string' ? (volume.split(':')[0] ?? '') : volume.source))
    .map((source) => source.replace(/^\$\{\w+:-(.*)\}$/, '$1'))
    .filter((source) => source.startsWith('./'));
  expect(sources).toContain('./deploy/temporal/setup-schema.sh');
  expect(sources).toContain('./deploy/temporal/open-dead-letters.sql'); // setup-schema.sh reads it there
  expect(sources.filter((source) => !existsSync(path(source)))).toEqual([]);
});

it('has an index of exactly the dead letters that are counted: the running workflows of their type', () => {
  const condition = /WHERE (.*);/.exec(read('deploy/temporal/open-dead-letters.sql'))?.[1];
  const running = proto.temporal.api.enums.v1.WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING;
  const type = `workflow_type_name = '${DEAD_LETTER}'`;
  expect(condition).toBe(`${type} AND status = ${running}`);
  const isRunning = "ExecutionStatus = 'Running'";
  expect(openDeadLetters([])).toBe(
    `WorkflowType = '${DEAD_LETTER}' AND ${isRunning} AND (${isRunning} OR TemporalNamespaceDivision IS NULL)`,
  );
});

it('runs the same Temporal as scripts/temporal-postgres.sh', () => {
  const script = read('scripts/temporal-postgres.sh');
  const { image, environment } = service('temporal');
  expect(script).toContain(`readonly VERSION=${image.replace(/^.*:/, '')} `);
  expect(script).toContain(`NUM_HISTORY_SHARDS=${environment?.NUM_HISTORY_SHARDS} `);
  const namespace = service('temporal-namespace').environment;
  expect(script).toContain(`TEMPORAL_NAMESPACE=${namespace?.TEMPORAL_NAMESPACE} `);
  expect(script).toContain(`TEMPORAL_RETENTION=${namespace?.TEMPORAL_RETENTION} `);
});

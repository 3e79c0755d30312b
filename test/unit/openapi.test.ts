// Tests the OpenAPI documents: up to date in docs/openapi, valid, and with every route, parameter and error code.
import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { AGENT_ROUTES, PUBLIC_DOCUMENT } from '../../src/api/agent/routes.ts';
import { HEALTH_ROUTES } from '../../src/api/http/base-app.ts';
import { ERRORS, type ErrorCode } from '../../src/api/http/errors.ts';
import { PUBLIC_ROUTES } from '../../src/api/ingress/routes.ts';
import {
  API_ROUTES,
  CODEC_ROUTES,
  OPERATOR_DOCUMENT,
  WORKER_DOCUMENT,
} from '../../src/api/operator/routes.ts';

const documents = { public: PUBLIC_DOCUMENT, operator: OPERATOR_DOCUMENT, worker: WORKER_DOCUMENT };
type Operation = {
  operationId: string;
  responses: Record<string, { description: string }>;
  parameters?: unknown[];
};
const operationsOf = (document: { paths: Record<string, Record<string, unknown>> }) =>
  Object.entries(document.paths).flatMap(([path, byMethod]) =>
    Object.entries(byMethod).map(([method, operation]) => ({ path, method, ...(operation as Operation) })),
  );

describe.each(Object.entries(documents))('the OpenAPI document of the %s listener', (name, document) => {
  it('is the same as in docs/openapi, which npm run openapi writes', () => {
    const written = readFileSync(new URL(`../../docs/openapi/${name}.json`, import.meta.url), 'utf8');
    expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(document)));
  });

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate(JSON.parse(JSON.stringify(document)));
    expect(result).toMatchObject({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('has every schema to which it refers', () => {
    const names = Array.from(
      JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g),
      ([, schema]) => schema,
    );
    expect(names.filter((schema) => !Object.hasOwn(document.components.schemas, schema as string))).toEqual(
      [],
    );
  });

  it('names each operation once, and declares each parameter of its path', () => {
    const operations = operationsOf(document);
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, parameters = [] } of operations) {
      const inPath = Array.from(path.matchAll(/\{(\w+)\}/g), ([, parameter]) => parameter);
      const declared = (parameters as { in: string; name: string }[]).filter((each) => each.in === 'path');
      expect(
        declared.map((parameter) => parameter.name),
        path,
      ).toEqual(inPath);
    }
  });
});

it('every route of a table is in the OpenAPI document of its listener, with each of its error codes', () => {
  const tables = [
    { document: PUBLIC_DOCUMENT, prefix: '', routes: [...PUBLIC_ROUTES, ...AGENT_ROUTES, ...HEALTH_ROUTES] },
    { document: OPERATOR_DOCUMENT, prefix: '/api/v1', routes: API_ROUTES },
    { document: OPERATOR_DOCUMENT, prefix: '', routes: [...CODEC_ROUTES, ...HEALTH_ROUTES] },
  ];
  for (const { document, prefix, routes } of tables) {
    for (const { method, path, errors } of routes) {
      expect(document.paths, `${method} ${path}`).toHaveProperty([prefix + path, method]);
      const operation = document.paths[prefix + path]?.[method] as Operation | undefined;
      for (const code of errors as ErrorCode[])
        expect(operation?.responses[ERRORS[code][0]]?.description, `${method} ${path}`).toContain(
          `\`${code}\``,
        );
    }
  }
});

it('every error code is in an OpenAPI document, except the code for unknown paths', () => {
  const text = JSON.stringify([PUBLIC_DOCUMENT.paths, OPERATOR_DOCUMENT.paths]);
  const missing = Object.keys(ERRORS).filter((code) => !text.includes(`\`${code}\``));
  expect(missing).toEqual(['not_found']); // the answer to paths that no route has
});

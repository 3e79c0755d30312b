// Tests the secrets of the config: where they come from, how missing secrets are named, and that no secret is shown.
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ENV, folder, load, loadOne, type Parts, refusal, write } from '../support/config-file.ts';

const LONG = 'a secret that is long enough';

describe('secrets', () => {
  const reveal = async (env: NodeJS.ProcessEnv) => {
    const { source } = await loadOne({}, { env: { B: LONG, ...env } });
    return source.verify.secrets[0]?.reveal();
  };
  const missing = async (parts: Parts, env: NodeJS.ProcessEnv) => await refusal(load(parts, { env }));
  const HINT = 'set the environment variable, or <NAME>_FILE to a file that holds it';

  it('are read from the environment, or else from the file that NAME_FILE names', async () => {
    const file = write('from-file', 'secret-1');
    expect(await reveal({ A: 'from-env' })).toBe('from-env');
    expect(await reveal({ A_FILE: file })).toBe('from-file');
    expect(await reveal({ A: 'from-env', A_FILE: file })).toBe('from-env');
    expect(await reveal({ A: '', A_FILE: file })).toBe('from-file');
    expect(await reveal({ A: 'from-env', A_FILE: '/nowhere' })).toBe('from-env');
  });

  it('lose only the line break at the end of their file', async () => {
    for (const [content, value] of [
      ['a secret\n', 'a secret'],
      ['a secret\r\n', 'a secret'],
      ['a\nb', 'a\nb'],
    ] as const) {
      expect(await reveal({ A_FILE: write(content, 'secret-2') })).toBe(value);
    }
  });

  it('are missing when they are empty, in the environment or in the file', async () => {
    const empty = write('\n', 'secret-3');
    for (const env of [{}, { A: '' }, { A_FILE: '' }, { A_FILE: empty }]) {
      expect(await missing({}, { ...env, B: LONG })).toBe(`missing secret A: ${HINT}`);
    }
  });

  it('are named once each when they are missing, including the secrets of headers', async () => {
    const parts = {
      sources: "second: { verify: { scheme: 'hmac', secrets: [secret('A'), secret('OLD')] } }",
      endpoint: "headers: { authorization: secret('TOKEN') }",
    };
    expect(await missing(parts, {})).toBe(`missing secrets A, OLD, TOKEN, B: ${HINT}`);
  });

  it('are refused with the reason when their file cannot be read', async () => {
    const path = join(folder, 'no-such-secret');
    const message = await missing(
      { sources: "second: { verify: { scheme: 'hmac', secrets: [secret('A')] } }" },
      { A_FILE: path, B: LONG },
    );
    expect(message).toBe(
      `missing secret A: ${HINT}; A_FILE: ENOENT: no such file or directory, open '${path}'`,
    );
    expect(await missing({}, { A_FILE: folder, B: LONG })).toContain('A_FILE: EISDIR');
  });

  it('are refused with the reason, but without their value, when they cannot be used', async () => {
    const parts = {
      source: "verify: { scheme: 'standard', secrets: [secret('A')] }",
      endpoint: "headers: { 'x-key': secret('KEY') }",
    };
    const message = await missing(parts, { A: 'whsec_h!dden', B: ' ', KEY: 'hid\nden' });
    expect(message).toBe(
      "unusable secret: A (sources.partner.verify.secrets): what follows 'whsec_' is not padded base64; " +
        'KEY (endpoints.billing.headers.x-key): a header value must be visible ASCII; ' +
        'B (endpoints.billing.secrets): the secret is empty',
    );
    const both = await missing(
      { ...parts, source: `${parts.source}, handlers: {}` },
      { A: 'whsec_h!dden', KEY: 'k' },
    );
    expect(both).toBe(
      `missing secret B: ${HINT}; A (sources.partner.verify.secrets): what follows 'whsec_' is not padded base64`,
    );
  });

  it.each([
    ['a byte order mark before it', `\ufeff${LONG}`, 'begins with a byte order mark'],
    ['white space before it', ` ${LONG}`, 'begins or ends with white space'],
    ['a line break after it', `${LONG}\n`, 'begins or ends with white space'],
    ['double quotes around it', `"${LONG}"`, 'stands in quotes'],
    ['single quotes around it', `'${LONG}'`, 'stands in quotes'],
    ['a version before it', 'v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', "leave out the 'v1,'"],
  ])('are refused with %s, wherever they are used', async (_, value, reason) => {
    for (const env of [
      { A: value, B: LONG },
      { A: LONG, B: value },
    ]) {
      const message = await missing({}, env);
      expect(message).toContain(reason);
      expect(message).not.toContain('long enough');
    }
    const inFile = await missing({}, { A_FILE: write(`${value}\n`, 'spoilt'), B: LONG });
    expect(inFile).toContain(reason);
  });

  it('that are short are refused if they are ours, and warned of if somebody else has chosen them', async () => {
    for (const B of ['fifteen letters', `whsec_${Buffer.alloc(15).toString('base64')}`])
      expect(await missing({}, { A: LONG, B })).toContain(
        'B (endpoints.billing.secrets): the secret has fewer than 16 characters, and might be guessed; make one with',
      );
    const { warnings } = await load({}, { env: { A: 'fifteen letters', B: LONG } });
    expect(warnings).toEqual([
      'A (sources.partner.verify.secrets): the secret has fewer than 16 characters, and might be guessed',
    ]);
    expect((await load()).warnings).toEqual([]);
  });

  it('are never shown by printing the config', async () => {
    const config = await load(
      { endpoint: "headers: { authorization: secret('TOKEN') }" },
      { env: { ...ENV, TOKEN: 'secret-token' } },
    );
    const [source] = config.sources.values();
    const [endpoint] = config.endpoints.values();
    const parts = {
      config,
      source,
      endpoint,
      sources: [...config.sources],
      endpoints: [...config.endpoints],
    };
    const secrets = [
      ...(source?.verify.secrets ?? []),
      ...(endpoint?.secrets ?? []),
      endpoint?.headers.authorization,
    ];
    expect(secrets.map((secret) => (typeof secret === 'object' ? secret.reveal() : secret))).toEqual([
      'secret-of-a-0123456789',
      'secret-of-b-0123456789',
      'secret-token',
    ]);
    const prints = [
      inspect(parts, { depth: Infinity, showHidden: true, getters: true }),
      JSON.stringify(parts),
      ...secrets.flatMap((secret) => [
        String(secret),
        `${secret}`,
        JSON.stringify(secret),
        inspect(secret),
        String(Object.entries(secret ?? {})),
      ]),
    ];
    for (const print of prints) expect(print).not.toMatch(/secret-(of-[ab]|token)/);
    expect(inspect(secrets)).toBe('[ [secret A], [secret B], [secret TOKEN] ]');
  });

  it('are made if they are missing and `makeSecret` is given', async () => {
    const asked: string[] = [];
    const makeSecret = (name: string) => {
      asked.push(name);
      return `made-${name}-0123456789`;
    };
    const { source, endpoint } = await loadOne({}, { env: { A: 'given', B: '' }, makeSecret });
    expect(source.verify.secrets[0]?.reveal()).toBe('given');
    expect(endpoint.secrets[0]?.reveal()).toBe('made-B-0123456789');
    expect(asked).toEqual(['B']);
  });

  it('are not made if their file cannot be read', async () => {
    const makeSecret = () => expect.fail('made');
    const message = await refusal(load({}, { env: { A_FILE: '/nowhere', B: LONG }, makeSecret }));
    expect(message).toContain('A_FILE: ENOENT');
  });

  it('of other sources are not needed to load one source', async () => {
    const parts = { sources: "second: { verify: { scheme: 'hmac', secrets: [secret('OTHER')] } }" };
    const { sources, endpoints } = await load(parts, { env: { OTHER: 'x' }, onlySource: 'second' });
    expect([...sources.keys()]).toEqual(['second']);
    expect(endpoints.size).toBe(0);
    for (const onlySource of ['third', 'constructor']) {
      const message = await refusal(load(parts, { onlySource }));
      expect(message).toMatch(new RegExp(`has no source '${onlySource}'; it has: partner, second$`));
    }
  });
});

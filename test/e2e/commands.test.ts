// Tests the commands as a user or a script runs them: what they print, to which stream, and their exit codes.
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { folder, type Outcome, runCommand, runSurehook } from '../support/command.ts';
import { DeadLetters } from '../support/dead-letters.ts';
import { Receiver } from '../support/receiver.ts';
import {
  CLI,
  ENCRYPTION_KEYS,
  newId,
  PROJECT,
  SECRETS,
  type StartOptions,
  Surehook,
  TOKEN,
} from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const MAIN_CONFIG = join(PROJECT, 'test/support/configs/main.config.ts');
const isClosed = (event: { closed_at: string | null }) => event.closed_at !== null;

/** Writes a new config file, which must import nothing. @returns its path */
function writeConfig(source: string): string {
  const path = join(folder, `${newId('config')}.config.ts`);
  writeFileSync(path, source);
  return path;
}

/** The commands that a help text lists, without `help`. */
function commandsIn(help: string): string[] {
  const list = help.split('\nCommands:\n')[1] ?? '';
  return [...list.matchAll(/^ {2}([\w-]+)/gm)]
    .map(([, name]) => name as string)
    .filter((name) => name !== 'help');
}

function expectOneLine(outcome: Outcome, ...parts: string[]): void {
  expectRefusal(outcome, 1, parts);
}

/** Wrong usage, which scripts tell from a failure. */
function expectUsageError(outcome: Outcome, ...parts: string[]): void {
  expectRefusal(outcome, 2, parts);
}

function expectRefusal({ code, stderr, leftBehind }: Outcome, exitCode: number, parts: string[]): void {
  expect(stderr).toMatch(/^surehook: [^\n]+\n$/);
  for (const part of parts) expect(stderr).toContain(part);
  expect(code).toBe(exitCode);
  expect(leftBehind).toBe(false);
}

/** Starts a server that accepts connections and never answers. */
async function listenSomewhere() {
  const server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: String((server.address() as AddressInfo).port), close: () => server.close() };
}

/** @returns a port on which nothing listens */
async function freePort(): Promise<string> {
  const { port, close } = await listenSomewhere();
  close();
  return port;
}

it('--help lists the commands, and the help of every command names its arguments and options', async () => {
  const helpOf = new Map<string, string>();
  const walk = async (path: string[]): Promise<void> => {
    const { code, stdout, stderr } = await runSurehook([...path, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: ${['surehook', ...path].join(' ')} `));
    helpOf.set(path.join(' '), stdout);
    await Promise.all(commandsIn(stdout).map((name) => walk([...path, name])));
  };
  await walk([]);
  for (const [command, ...names] of [
    ['', 'dev', 'serve', 'api', 'worker', 'send', 'events', 'config'],
    ['dev', 'Temporal dev server'],
    ['serve', 'TEMPORAL_ADDRESS'],
    ['api', 'operator API'],
    ['worker', 'handlers and deliveries'],
    [
      'send',
      '<source>',
      '--sample',
      '--list',
      '--file',
      '--content-type',
      '--id',
      '--type',
      '--url',
      '--json',
    ],
    ['events list', '--source', '--type', '--status', '--since', '--until', '--limit', '--cursor', '--json'],
    ['events show', '<source>', '<event_id>', '--json'],
    ['config check', 'every missing secret'],
  ] as const) {
    for (const name of names) expect(helpOf.get(command)?.replaceAll(/\s+/g, ' ')).toContain(name);
  }
});

describe.concurrent('an unknown command or option, or a missing argument,', () => {
  it.each([
    [['nonsense'], "unknown command 'nonsense'"],
    [['events', 'lst'], "unknown command 'lst' (Did you mean list?)"],
    [['serve', '--port', '1'], "unknown option '--port'"],
    [['send', 'partner', '--tpe', 'a'], "unknown option '--tpe' (Did you mean --type?)"],
    [['send'], "missing required argument 'source'"],
  ])('is refused in one line: %j', async (args, what) => {
    const outcome = await runSurehook(args);
    expectUsageError(outcome);
    expect(outcome.stderr).toBe(`surehook: ${what} (see surehook --help)\n`);
    expect(outcome.stdout).toBe('');
  });
});

describe.concurrent('surehook config check', () => {
  const path = join(PROJECT, 'surehook.config.ts');
  const text = readFileSync(path, 'utf8');
  const names = [...new Set([...text.matchAll(/secret\('(\w+)'\)/g)].map(([, name]) => name as string))];
  const value = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

  it("names every secret that the repository's config lacks, in one line", async () => {
    const outcome = await runSurehook(['config', 'check'], { SUREHOOK_CONFIG: path });
    expectOneLine(outcome, `missing secrets ${names.join(', ')}: set`, '<NAME>_FILE');
    expect(outcome.stdout).toBe('');
  });

  it('accepts secrets from the environment and from a file', async () => {
    const [first = '', ...others] = names;
    const file = join(folder, 'secret');
    writeFileSync(file, `${value}\n`);
    const env = { [`${first}_FILE`]: file, ...Object.fromEntries(others.map((name) => [name, value])) };
    const { code, stdout, stderr } = await runSurehook(['config', 'check'], {
      SUREHOOK_CONFIG: path,
      ...env,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`${path} is valid`);
    expect(stdout).toContain('partner');
    expect(stdout).not.toContain(value);
  });

  it('reads the secrets from .env, too', async () => {
    const cwd = join(folder, newId('cwd'));
    mkdirSync(cwd);
    writeFileSync(join(cwd, '.env'), names.map((name) => `${name}=${value}\n`).join(''));
    const { code } = await runSurehook(['config', 'check'], { SUREHOOK_CONFIG: path }, { cwd });
    expect(code).toBe(0);
  });

  /** A source per scheme, whose ids stand in unsigned places, and an endpoint. */
  const writeCheckable = () =>
    writeConfig(`import { secret } from '${pathToFileURL(join(PROJECT, 'dist/index.js')).href}';
      export default {
        sources: {
          partner: {
            verify: { scheme: 'hmac', secrets: [secret('HMAC_SECRET')] },
            eventId: ['body.id', 'header.X-Request-Id'],
          },
          github: { verify: { scheme: 'github', secrets: [secret('GITHUB_SECRET')] } },
        },
        endpoints: { first: { url: 'http://127.0.0.1:9/', secrets: [secret('ENDPOINT_SECRET')] } },
      };`);
  const check = async (env: Record<string, string>) => {
    const given = { HMAC_SECRET: value, GITHUB_SECRET: value, ENDPOINT_SECRET: value, ...env };
    return await runSurehook(['config', 'check'], { SUREHOOK_CONFIG: writeCheckable(), ...given });
  };

  it('warns of a short secret of a source and of ids that the scheme does not sign, and accepts the file', async () => {
    const { code, stdout, stderr } = await check({ GITHUB_SECRET: 'fifteen-letters' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const again = 'whoever has one signed request can send it again as another event';
    expect(stdout.split('\n').slice(1)).toEqual([
      'warning: GITHUB_SECRET (sources.github.verify.secrets): the secret has fewer than 16 characters, and might be guessed',
      `warning: sources.partner.eventId: hmac does not sign header.x-request-id: ${again}`,
      `warning: sources.github.eventId: github does not sign header.x-github-delivery: ${again}`,
      '',
    ]);
    expect(stdout).not.toContain('fifteen-letters');
  });

  it.each([
    ['ENDPOINT_SECRET', 'fifteen-letters', 'has fewer than 16 characters'],
    ['HMAC_SECRET', ` ${value}`, 'begins or ends with white space; remove it'],
    ['HMAC_SECRET', `${value}\r\n`, 'begins or ends with white space; remove it'],
    ['GITHUB_SECRET', `"${value}"`, 'stands in quotes; remove them'],
    ['GITHUB_SECRET', `\ufeff${value}`, 'begins with a byte order mark; save its file as UTF-8 without one'],
    ['ENDPOINT_SECRET', `v1,${value}`, "begins at 'whsec_'; leave out the 'v1,' before it"],
  ])('refuses %s %j, and does not repeat it', async (name, secret, fault) => {
    const outcome = await check({ [name]: secret });
    expectOneLine(outcome, `unusable secret: ${name} (`, fault);
    expect(outcome.stdout + outcome.stderr).not.toContain(secret.trim());
  });

  it('names every fault of a bad file in one line', async () => {
    const config = writeConfig('export default {\n  sources: { Partner: {} },\n  endpoint: {},\n};\n');
    const outcome = await runSurehook(['config', 'check'], { SUREHOOK_CONFIG: config });
    expectOneLine(outcome, `${config} is not valid: `, 'sources.Partner: ', 'endpoint: unknown key');
  });
});

describe.concurrent('a fault at the start is reported in one line with the setting and the fix:', () => {
  const start = async (
    role: StartOptions['role'],
    env: Record<string, string>,
    ...parts: string[]
  ): Promise<void> => {
    const outcome = await runSurehook([role], {
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      SUREHOOK_TASK_QUEUE: newId('queue'),
      SUREHOOK_OPERATOR_TOKEN: TOKEN,
      SUREHOOK_ENCRYPTION_KEYS: ENCRYPTION_KEYS,
      SUREHOOK_CONFIG: MAIN_CONFIG,
      HOST: '127.0.0.1',
      PORT: '0',
      OPERATOR_PORT: '0',
      ...SECRETS,
      ...env,
    });
    expectOneLine(outcome, ...parts);
    for (const line of outcome.stdout.trim().split('\n').filter(Boolean)) {
      expect(JSON.parse(line).level).toMatch(/^(info|warn)$/);
    }
  };

  it.each([
    ['serve', 'PORT'],
    ['api', 'PORT'],
    ['worker', 'OPERATOR_PORT'],
    ['api', 'OPERATOR_PORT'],
  ] as const)('%s, %s in use', async (role, setting) => {
    const { port, close } = await listenSomewhere();
    await start(
      role,
      { [setting]: port },
      `${setting}: port ${port} is in use; set ${setting} to a free port`,
    );
    close();
  });

  it.each([
    ['serve', 'PORT', 'abc'],
    ['worker', 'OPERATOR_PORT', '65536'],
  ] as const)('%s, %s=%s', async (role, setting, value) => {
    await start(role, { [setting]: value }, `${setting}: expected a port`);
  });

  it('worker, no config file', async () => {
    const config = join(folder, 'no.config.ts');
    await start('worker', { SUREHOOK_CONFIG: config }, 'SUREHOOK_CONFIG', config, 'create it or set');
  });

  it('api, a config file with a syntax error', async () => {
    const config = writeConfig('export default {\n  sources: {\n    partner: [\n');
    await start('api', { SUREHOOK_CONFIG: config }, `${config} cannot be read: line `);
  });

  it('serve, a config file with an unknown key', async () => {
    const config = writeConfig('export default { sources: {}, source: {} };\n');
    const fault = `${config} is not valid: source: unknown key`;
    await start('serve', { SUREHOOK_CONFIG: config }, fault, 'remove it or correct its name');
  });

  it('worker, missing secrets', async () => {
    const env = { PARTNER_SECRET: '', ENDPOINT_SECRET: '' };
    await start('worker', env, 'missing secrets PARTNER_SECRET, ENDPOINT_SECRET: set');
  });

  it.each([
    ['serve', ''],
    ['api', 'short'],
  ] as const)('%s, SUREHOOK_OPERATOR_TOKEN=%s', async (role, token) => {
    await start(role, { SUREHOOK_OPERATOR_TOKEN: token }, 'SUREHOOK_OPERATOR_TOKEN', 'openssl rand -hex 32');
  });

  it.each([
    ['serve', '', 'is not set: payloads are encrypted'],
    ['worker', 'k1:dG9vIHNob3J0', 'expected id:base64 pairs of 32-byte keys'],
    ['api', `${ENCRYPTION_KEYS},${ENCRYPTION_KEYS}`, 'each id once'],
  ] as const)('%s, SUREHOOK_ENCRYPTION_KEYS=%s', async (role, keys, fault) => {
    const fix = 'openssl rand -base64 32';
    await start(role, { SUREHOOK_ENCRYPTION_KEYS: keys }, 'SUREHOOK_ENCRYPTION_KEYS', fault, fix);
  });

  it('worker, LOG_LEVEL=loud', async () => {
    await start('worker', { LOG_LEVEL: 'loud' }, 'LOG_LEVEL: ', '"info"');
  });

  it.each(['serve', 'api', 'worker'] as const)('%s, nothing at TEMPORAL_ADDRESS', async (role) => {
    const address = `127.0.0.1:${await freePort()}`;
    const fault = `TEMPORAL_ADDRESS: no Temporal answers at ${address}; start it, or set TEMPORAL_ADDRESS`;
    await start(role, { TEMPORAL_ADDRESS: address }, fault, '(Connection refused)');
  });

  it('api, something at TEMPORAL_ADDRESS that never answers', async () => {
    const { port, close } = await listenSomewhere();
    const fault = `TEMPORAL_ADDRESS: no Temporal answers at 127.0.0.1:${port}; start it`;
    await start('api', { TEMPORAL_ADDRESS: `127.0.0.1:${port}` }, fault, 'no answer within 10 s');
    close();
  });

  it.each(['serve', 'worker'] as const)('%s, unknown TEMPORAL_NAMESPACE', async (role) => {
    const fault = "TEMPORAL_NAMESPACE: namespace 'nowhere' cannot be used";
    await start(role, { TEMPORAL_NAMESPACE: 'nowhere' }, fault, 'create it or set TEMPORAL_NAMESPACE');
  });
});

describe('beside a running surehook,', () => {
  let receiver: Receiver;
  let surehook: Surehook;

  beforeAll(async () => {
    receiver = await Receiver.start();
    surehook = await Surehook.start({
      role: 'serve',
      temporalAddress: inject('temporalAddress'),
      taskQueue: newId('queue'),
      env: { RECEIVER_URL: receiver.url },
    });
  });

  afterAll(async () => {
    await surehook?.stop();
    await receiver?.stop();
  });

  const portOf = (url: string) => new URL(url).port;
  const run = async (args: string[], env: Record<string, string> = {}, input?: Buffer) =>
    await runSurehook(
      args,
      {
        SUREHOOK_CONFIG: MAIN_CONFIG,
        SUREHOOK_OPERATOR_TOKEN: TOKEN,
        PORT: portOf(surehook.publicUrl),
        OPERATOR_PORT: portOf(surehook.operatorUrl),
        ...SECRETS,
        ...env,
      },
      { input },
    );

  describe.concurrent('surehook send', () => {
    it.each([
      ['partner', 'test.created'],
      ['github', 'push'],
      ['stripe', 'invoice.paid'],
      ['standard', 'test.created'],
    ])(
      'sends the first sample of the scheme, which the source %s accepts: %s',
      async (source, event_type) => {
        const { code, stdout, stderr } = await run(['send', source]);
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        const [, body = ''] = /^202 Accepted\n(.+)\n$/.exec(stdout) ?? [];
        const { status, event_id } = JSON.parse(body);
        expect(status).toBe('accepted');
        const event = await surehook.untilEvent(source, event_id, isClosed);
        expect(event).toMatchObject({ status: 'processed', event_type });
      },
    );

    it('with a known --id prints that it is a duplicate, with exit code 0', async () => {
      const args = ['send', 'github', '--id', newId(), '--type', 'push', '--json'];
      const first = await run(args);
      expect([first.code, JSON.parse(first.stdout)]).toMatchObject([0, { status: 202 }]);
      const second = await run(args);
      expect([second.code, JSON.parse(second.stdout)]).toEqual([
        0,
        {
          status: 200,
          body: {
            status: 'duplicate',
            event_id: args[3],
            source: 'github',
            workflow_id: `github:${args[3]}`,
          },
        },
      ]);
      expect((await surehook.event('github', args[3] as string)).event_type).toBe('push');
    });

    it.each(['a file', 'standard input'])('sends %s byte for byte', async (from) => {
      const event_id = newId();
      const body = Buffer.from(
        `\ufeff{ "event_id" : "${event_id}",\r\n\t"type":"forwarded", "n": 1.50, "s": "\\u00e9 é 🦜" }\n\n`,
      );
      const file = join(folder, event_id);
      writeFileSync(file, body);
      const { code, stderr } =
        from === 'a file'
          ? await run(['send', 'partner', '--file', file])
          : await run(['send', 'partner', '--file', '-'], {}, body);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const [got] = await waitFor(
        () => receiver.of(event_id, '/first'),
        (all) => all.length > 0,
      );
      expect(got?.body.equals(body)).toBe(true);
    });

    it('sends the --sample that is named, under a given --id', async () => {
      const id = newId();
      const { code, stdout } = await run(['send', 'github', '--sample', 'issues', '--id', id]);
      expect([code, stdout]).toEqual([0, expect.stringContaining(`"event_id":"${id}"`)]);
      const event = await surehook.untilEvent('github', id, isClosed);
      expect(event).toMatchObject({
        status: 'processed',
        event_type: 'issues',
        payload: { action: 'opened' },
      });
    });

    it('makes up a body for a --type that no sample has', async () => {
      const id = newId();
      expect((await run(['send', 'github', '--type', 'fork', '--id', id])).code).toBe(0);
      const event = await surehook.untilEvent('github', id, isClosed);
      expect(event).toMatchObject({ event_type: 'fork', payload: { data: { hello: 'world' } } });
    });

    it('lists the samples of the scheme, one line each, or as JSON', async () => {
      const { code, stdout } = await run(['send', 'github', '--list']);
      expect(code).toBe(0);
      const lines = stdout.trim().split('\n');
      expect(lines[0]).toMatch(/^SAMPLE {2,}TYPE {2,}CONTENT TYPE {2,}BODY$/);
      expect(lines.slice(1).map((line) => line.split(/ {2,}/)[0])).toEqual([
        'push',
        'pull_request',
        'issues',
        'ping',
      ]);
      const asJson = await run(['send', 'stripe', '--list', '--json']);
      expect(JSON.parse(asJson.stdout)[0]).toMatchObject({
        name: 'invoice.paid',
        content_type: 'application/json',
        body: { type: 'invoice.paid' },
      });
    });

    it('prints a refusal, as text or as JSON, with exit code 1', async () => {
      const wrong = { PARTNER_SECRET: 'another-secret' };
      const asText = await run(['send', 'partner'], wrong);
      expect(asText.code).toBe(1);
      expect(asText.stdout).toMatch(/^401 Unauthorized\n\{.*"code":"signature_invalid"\}\n$/);
      const asJson = await run(['send', 'partner', '--json'], wrong);
      expect(asJson.code).toBe(1);
      expect(JSON.parse(asJson.stdout)).toMatchObject({ status: 401, body: { code: 'signature_invalid' } });
    });

    it('needs only the secret of its own source, and names it when it is missing', async () => {
      const env = Object.fromEntries(Object.keys(SECRETS).map((name) => [name, '']));
      const { code } = await run(['send', 'github'], { ...env, GITHUB_SECRET: SECRETS.GITHUB_SECRET });
      expect(code).toBe(0);
      expectOneLine(await run(['send', 'github'], env), 'missing secret GITHUB_SECRET: set');
    });

    it('names the known sources if the source is unknown', async () => {
      expectOneLine(await run(['send', 'nobody']), "has no source 'nobody'; it has: partner, ", 'standard');
    });

    it('prints that no server answers, and what to do', async () => {
      const port = await freePort();
      const fault = `no ingress answers at http://127.0.0.1:${port}: start Surehook, or give its address with --url`;
      expectOneLine(await run(['send', 'partner'], { PORT: port }), fault);
    });

    it('sends to --url, which is an origin or a full URL', async () => {
      const port = { PORT: await freePort() };
      const url = surehook.publicUrl;
      const toOrigin = await run(['send', 'partner', '--url', url], port);
      expect(toOrigin).toMatchObject({ code: 0, stderr: '' });
      const whole = await run(['send', 'partner', '--url', `${url}/webhooks/once`], port);
      expect(whole.stdout).toContain('"source":"once"');
    });

    it.each([
      [['--url', '127.0.0.1:8080'], '--url: expected a URL such as http://127.0.0.1:8080', expectUsageError],
      [['--file', '/no/such/file'], '--file: ENOENT: no such file', expectOneLine],
      [['--file', '-', '--sample', 'a'], '--sample: not together with --file', expectUsageError],
      [['--sample', 'push'], "the scheme 'hmac' has no sample 'push'; it has: 'test.created'", expectOneLine],
    ])('refuses %j in one line', async (options, fault, expectIt) => {
      expectIt(await run(['send', 'partner', ...options]), fault);
    });
  });

  describe('surehook events', () => {
    const type = newId('both');
    const [older, newer] = [newId('older'), newId('newer')];

    beforeAll(async () => {
      for (const event_id of [older, newer]) {
        await surehook.send({ event_id, type, name: 'Zoë' });
        await surehook.untilEvent('partner', event_id, isClosed);
      }
      const listed = async () => {
        const answer = await surehook.operator(`/api/v1/events?type=${type}&status=processed`);
        return ((await answer.json()) as { items: unknown[] }).items;
      };
      await waitFor(listed, (items) => items.length === 2);
    });

    const list = async (...options: string[]) => {
      const outcome = await run(['events', 'list', ...options]);
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
      return outcome.stdout;
    };

    describe.concurrent('list', () => {
      it('prints how to send an event if there is no event and no filter', async () => {
        const empty = createHttpServer((_request, response) => {
          response.end('{"items":[],"next_cursor":null}');
        }).listen(0, '127.0.0.1');
        await once(empty, 'listening');
        const url = `http://127.0.0.1:${(empty.address() as AddressInfo).port}`;
        for (const options of [[], ['--limit', '5']]) {
          const outcome = await run(['events', 'list', ...options], { SUREHOOK_OPERATOR_URL: url });
          expect(outcome.stdout).toBe('No events. Send one with: surehook send <source>\n');
        }
        empty.close();
      });

      it.each([
        ['--source', 'small'],
        ['--type', 'never-sent'],
        ['--until', '2001-01-01T00:00:00Z'],
      ])('prints that no event matches %s %s', async (option, value) => {
        expect(await list(option, value)).toBe('No events match.\n');
      });

      it('prints a table with the latest ended event first', async () => {
        const rows = (await list('--type', type)).trimEnd().split('\n');
        expect(rows[0]).toMatch(/^RECEIVED +SOURCE +EVENT ID +TYPE +STATUS$/);
        expect(rows.slice(1).map((row) => row.split(/ {2,}/).slice(1))).toEqual([
          ['partner', newer, type, 'processed'],
          ['partner', older, type, 'processed'],
        ]);
        const columns = rows.map((row) => row.search(/EVENT ID|older|newer/));
        expect(new Set(columns).size).toBe(1);
      });

      it('prints that a page is empty if another page follows', async () => {
        const letters = new DeadLetters(surehook, receiver);
        const failing = newId('failing');
        await letters.make(newId(), failing, 'once');
        const rerun = await letters.make(newId(), failing, 'once');
        expect((await letters.replay(rerun, {}, 'once')).status).toBe(202);
        await surehook.untilEvent('once', rerun, ({ status }) => status === 'processed');
        const stdout = await list('--type', failing, '--status', 'failed', '--limit', '1');
        expect(stdout).toMatch(/^None on this page\.\n\nMore: --cursor \S+\n$/);
      });

      it('prints JSON page by page', async () => {
        const page = ['--type', type, '--limit', '1', '--json'];
        const first = JSON.parse(await list(...page));
        expect(first).toMatchObject({
          items: [{ event_id: newer, status: 'processed', workflow_id: `partner:${newer}` }],
          next_cursor: expect.any(String),
        });
        const second = JSON.parse(await list(...page, '--cursor', first.next_cursor));
        expect(second.items).toMatchObject([{ event_id: older }]);
        const table = await list('--type', type, '--limit', '1');
        expect(table).toContain(`\nMore: --cursor ${first.next_cursor}\n`);
      });

      it.each([
        [['--since', '1h', '--status', 'processed', '--source', 'partner'], 2],
        [['--since', '2999-01-01T00:00:00Z'], 0],
        [['--until', '1h'], 0],
        [['--status', 'failed'], 0],
      ])('with %j prints only matching events', async (options, count) => {
        const { items } = JSON.parse(await list('--type', type, '--json', ...options));
        expect(items).toHaveLength(count);
      });

      it.each([
        [['--since', 'yesterday'], '--since: expected a time such as 2026-01-31T12:00:00Z, or an age'],
        [['--since', '99999999999d'], '--since: expected a time'],
        [['--status', 'open'], 'status: expected one of processing'],
        [['--limit', '201'], 'limit: expected '],
        [['--cursor', 'abc'], 'cursor: expected the next_cursor of the page before'],
      ])('refuses %j in one line', async (options, fault) => {
        expectUsageError(await run(['events', 'list', ...options]), fault);
      });
    });

    describe.concurrent('show', () => {
      it('prints everything about an event for people', async () => {
        const event_id = newId();
        receiver.script('/first', event_id, [500, { status: 200, body: 'thanks' }]);
        await surehook.send({ event_id, type: 'both', name: 'Zoë' });
        await surehook.untilEvent('partner', event_id, isClosed);
        const { code, stdout, stderr } = await run(['events', 'show', 'partner', event_id]);
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(stdout).toContain(`Event:    partner ${event_id}\nType:     both\nStatus:   processed\n`);
        expect(stdout).toContain('\nHandler: succeeded\n   1  2');
        expect(stdout).toContain(`\n  result {"handled":"${event_id}","name":"Zoë"}\n`);
        expect(stdout).toMatch(
          /\nDelivery to first: succeeded\n {3}1 {2}\S+ {2}HTTP 500 in \d+ ms, next attempt \S+Z\n/,
        );
        expect(stdout).toMatch(/\n {3}2 {2}\S+ {2}HTTP 200 in \d+ ms\n {6}thanks\n/);
        expect(stdout).toContain('\nDelivery to second: succeeded\n');
        expect(stdout).toContain('\nPayload:\n{\n');
        expect(stdout).toContain('"name": "Zoë"');
      });

      it('prints the answer of the operator API for machines with --json', async () => {
        const { code, stdout } = await run(['events', 'show', 'partner', newer, '--json']);
        expect(code).toBe(0);
        expect(JSON.parse(stdout)).toEqual(await surehook.event('partner', newer));
      });

      it('prints that there is no such event', async () => {
        const fault = 'there is no event never-sent of source partner';
        expectOneLine(await run(['events', 'show', 'partner', 'never-sent']), fault);
      });
    });

    describe.concurrent('access to the operator API:', () => {
      it.each([
        ['another token', { SUREHOOK_OPERATOR_TOKEN: 'not-the-token-of-it' }, 'takes another token'],
        ['no token', { SUREHOOK_OPERATOR_TOKEN: '' }, 'set it to the token of the operator API'],
      ])('%s is an error that names the setting', async (_, env, fix) => {
        expectOneLine(await run(['events', 'list'], env), 'SUREHOOK_OPERATOR_TOKEN', fix);
      });

      it('SUREHOOK_OPERATOR_URL may have a path, for an operator API behind a proxy', async () => {
        const proxy = createHttpServer(async ({ url = '', headers }, response) => {
          const { authorization = '' } = headers;
          const path = url.startsWith('/ops/') ? url.slice(4) : '/nowhere';
          const answer = await fetch(surehook.operatorUrl + path, { headers: { authorization } });
          response.writeHead(answer.status).end(await answer.text());
        }).listen(0, '127.0.0.1');
        await once(proxy, 'listening');
        const below = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/ops`;
        for (const url of [below, `${below}/`]) {
          const outcome = await run(['events', 'show', 'partner', older], { SUREHOOK_OPERATOR_URL: url });
          expect(outcome).toMatchObject({ code: 0, stdout: expect.stringContaining(`partner ${older}`) });
        }
        proxy.close();
      });

      it('without an operator API the command prints the URL that does not answer, and what to set', async () => {
        const port = await freePort();
        const fault = `no operator API answers at http://127.0.0.1:${port}: start Surehook, or set SUREHOOK_OPERATOR_URL`;
        expectOneLine(await run(['events', 'list'], { OPERATOR_PORT: port }), fault);
      });
    });
  });
});

describe('the roles in separate processes:', () => {
  let receiver: Receiver;
  const started: Surehook[] = [];

  const start = async (role: StartOptions['role'], taskQueue: string): Promise<Surehook> => {
    const env = { RECEIVER_URL: receiver.url };
    const surehook = await Surehook.start({
      role,
      temporalAddress: inject('temporalAddress'),
      taskQueue,
      env,
    });
    started.push(surehook);
    return surehook;
  };

  beforeAll(async () => {
    receiver = await Receiver.start();
  });

  afterAll(async () => {
    await Promise.all(started.map((surehook) => surehook.stop('SIGKILL')));
    await receiver.stop();
  });

  const expectStop = async (surehook: Surehook, signal: NodeJS.Signals): Promise<void> => {
    expect((await surehook.operator('/healthz')).status).toBe(200); // this leaves a connection open
    const begun = Date.now();
    expect(await surehook.stop(signal)).toBe(0);
    expect(Date.now() - begun).toBeLessThan(10_000);
    expect(surehook.logLines().at(-1)).toMatchObject({ msg: 'stopped' });
  };

  it('the API accepts and shows events while no worker runs; a worker then finishes them', async () => {
    const taskQueue = newId('queue');
    const api = await start('api', taskQueue);
    expect((await api.operator('/readyz')).status).toBe(200);
    const event_id = newId();
    const accepted = await api.send({ event_id, type: 'both' });
    expect(accepted.status).toBe(202);
    const asked = Date.now();
    expect(await api.event('partner', event_id)).toMatchObject({
      event_id,
      status: 'processing',
      payload: { event_id, type: 'both' },
      handler: { status: 'pending', attempts: [] },
      deliveries: [{ endpoint: 'first', status: 'pending' }, { endpoint: 'second' }],
    });
    expect(Date.now() - asked).toBeLessThan(5_000); // the API does not wait for a worker
    expect(receiver.of(event_id)).toHaveLength(0);

    const worker = await start('worker', taskQueue);
    expect(worker.publicUrl).toBe('');
    const answers = [
      '/healthz',
      '/readyz',
      '/api/v1/events',
      `/api/v1/events/partner/${event_id}`,
      '/webhooks/partner',
    ].map((path) => worker.operator(path).then(({ status }) => status));
    expect(await Promise.all(answers)).toEqual([200, 200, 404, 404, 404]);
    expect(await api.untilEvent('partner', event_id, isClosed)).toMatchObject({ status: 'processed' });

    await expectStop(worker, 'SIGTERM');
    await expectStop(api, 'SIGTERM');
    const ids = { source: 'partner', event_id, workflow_id: `partner:${event_id}` };
    const [ofApi, ofWorker] = [api, worker].map(({ output }) =>
      output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
    expect(ofApi).toContainEqual(expect.objectContaining({ msg: 'webhook received', level: 'info', ...ids }));
    for (const msg of ['event handled', 'event delivered']) {
      expect(ofWorker).toContainEqual(expect.objectContaining({ msg, level: 'info', ...ids, attempt: 1 }));
    }
    for (const { time } of [...(ofApi ?? []), ...(ofWorker ?? [])]) expect(Date.parse(time)).not.toBeNaN();
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'serve, with both roles in one process, stops in order on %s',
    async (signal) => {
      await expectStop(await start('serve', newId('queue')), signal);
    },
  );
});

it('an old Node is told of first, in one line', async () => {
  const pretend = `const versions = { ...process.versions, node: '20.11.1' };
    Object.defineProperty(process, 'versions', { value: versions });`;
  const older = `data:text/javascript,${encodeURIComponent(pretend)}`;
  const outcome = await runCommand(['--import', older, CLI, 'config', 'check']);
  expectOneLine(outcome, 'Node 20.11.1 is too old: use Node 22.19 or newer');
});

it('a command ends when its work is done, whatever the modules of the config keep open', async () => {
  const path = writeConfig(`
    import { createServer } from 'node:net';
    setInterval(() => undefined, 1_000);
    createServer().listen(0, '127.0.0.1');
    export default { sources: {} };`);
  const outcome = await runSurehook(['config', 'check'], { SUREHOOK_CONFIG: path });
  expect(outcome).toMatchObject({ code: 0, stderr: '', leftBehind: false });
});

it('output whose reader leaves, as `head` does, ends a command quietly', async () => {
  const line = `'${process.execPath}' '${CLI}' --help | true; echo "exit codes \${PIPESTATUS[*]}"`;
  // Often enough for the pipe to be closed before the command writes.
  for (let n = 0; n < 3; n += 1) {
    const outcome = await runCommand(['-c', line], {}, { command: 'bash' });
    expect(outcome).toMatchObject({ stdout: 'exit codes 0 0\n', stderr: '' });
  }
});

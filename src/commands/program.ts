// The `surehook` command: its subcommands and their options.
import { Command } from 'commander';
import { ConfigError, UsageError } from '../config/config-error.ts';
import { isDebugging, loadDotEnv, loadSettings } from '../config/settings.ts';
import { VERSION } from '../config/version.ts';
import { toPrintable } from '../contracts/printable.ts';
import type { Role } from '../process/parts.ts';
import { addOperatorCommands } from './add-operator-commands.ts';
import { endQuietlyWithReader, goOnWithoutReader } from './output-reader.ts';

/** Wrong usage, as shells have it: a script tells it from a failure. */
const USAGE_EXIT_CODE = 2;

/** The filter of everything that a command writes. */
const print = (text: string) => void process.stdout.write(`${toPrintable(text)}\n`);

const program = new Command('surehook')
  .description(
    'Receives webhooks durably, handles each once, delivers it to endpoints, keeps what failed. Runs on Temporal.',
  )
  .version(VERSION)
  .configureOutput({ outputError: (text, write) => write(toPrintable(toUsageError(text))) })
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE_EXIT_CODE));

/** Joins an error of commander and its suggestion, which stand on two lines: every error is one line. */
function toUsageError(text: string): string {
  return `surehook: ${text
    .replace(/^error: /, '')
    .trim()
    .replaceAll(/\.?\n/g, ' ')} (see surehook --help)\n`;
}

/** A port of its own: 9229 is that of `node --inspect`, which a developer may be using beside it. */
const INSPECT_HANDLERS: [string, string] = [
  '--inspect-handlers [port]',
  'attach a debugger to the handlers, on this port of 127.0.0.1 (9230 if not given)',
];

program
  .command('dev')
  .description('everything on one machine, with a Temporal dev server of its own (npm start)')
  .option(...INSPECT_HANDLERS)
  .action(async (options) => {
    goOnWithoutReader();
    const { dev } = await import('./dev.ts');
    process.exit(await dev(options));
  });

const roles: Record<Role, string> = {
  serve: 'API and worker in one process, on the Temporal at TEMPORAL_ADDRESS',
  api: 'the API alone: ingress and operator API',
  worker: 'a worker alone: handlers and deliveries',
};
for (const [role, description] of Object.entries(roles)) {
  const command = program.command(role).description(description);
  if (role !== 'api') command.option(...INSPECT_HANDLERS);
  command.action(async (options) => {
    goOnWithoutReader();
    const { serve } = await import('./serve.ts');
    process.exit(await serve(role as Role, options));
  });
}

program
  .command('send <source>')
  .description(
    "sign an event as the source's provider would, with the source's secret, send it, print the answer; exit code 0 on 2xx",
  )
  .option('--sample <name>', 'send this sample of the provider; if not given, the first one that fits --type')
  .option('--list', "list the samples of the source's scheme, and send nothing")
  .option('--file <path>', "send this file byte for byte ('-' for standard input), not a sample")
  .option(
    '--content-type <type>',
    "of the body; if not given, as the source's `body`, or the name of the file, says",
  )
  .option('--id <id>', 'the event id; if not given, the id in the file, or a new id')
  .option('--type <type>', 'the event type; a body is made up for a type that no sample has')
  .option('--url <url>', 'the origin of the ingress, or the full URL to send to')
  .option('--json', 'print the answer, or the samples with their bodies, as JSON')
  .action(async (source, options) => {
    loadDotEnv();
    const { send } = await import('./send.ts');
    const [text, ok] = await send(loadSettings(), source, options);
    print(text);
    if (!ok) process.exitCode = 1;
  });

addOperatorCommands(program, print);

program
  .command('alerts')
  .description('test the alert routes')
  .command('test [route]')
  .description('send a test alert through each alert route, or one; exit code 1 unless each channel took it')
  .action(async (route) => {
    loadDotEnv();
    const { testAlerts } = await import('./test-alerts.ts');
    const [text, ok] = await testAlerts(loadSettings(), route);
    print(text);
    if (!ok) process.exitCode = 1;
  });

program
  .command('config')
  .description('check the config file')
  .command('check')
  .description('validate the config file and name every missing secret')
  .action(async () => {
    loadDotEnv();
    const { loadConfigForCommand } = await import('./load-config-for-command.ts');
    const { warningsOf } = await import('../config/warnings-of.ts');
    const settings = loadSettings();
    const config = await loadConfigForCommand(settings);
    const { sources, endpoints, alerts } = config;
    const names = (things: ReadonlyMap<string, unknown>) => [...things.keys()].join(', ') || 'none';
    print(
      `${settings.configPath} is valid, no secret is missing (sources: ${names(sources)}; endpoints: ${names(endpoints)}; alerts: ${names(alerts)})`,
    );
    for (const warning of warningsOf(config)) print(`warning: ${warning}`);
  });

/** Runs the command that the arguments name. A command that serves ends the process itself, with its own exit code. */
export async function runProgram(): Promise<void> {
  endQuietlyWithReader();
  try {
    await program.parseAsync();
  } catch (error) {
    const expected = error instanceof ConfigError || !isDebugging();
    const text = expected ? (error as Error).message : (error as Error).stack;
    process.stderr.write(`surehook: ${toPrintable(String(text))}\n`);
    process.exit(error instanceof UsageError ? USAGE_EXIT_CODE : 1);
  }
}

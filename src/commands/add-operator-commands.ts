// The commands that ask the operator API: their options, and which function answers.
import type { Command } from 'commander';
import { loadDotEnv, loadSettings } from '../config/settings.ts';
import { RATE_DEFAULT, RATE_MAX } from '../contracts/job.ts';

type Print = (text: string) => void;

export function addOperatorCommands(program: Command, print: Print): void {
  addEvents(program, print);
  const deadLetters = program
    .command('dead-letters')
    .description('look at events that have failed for good, run them again, or discard them');
  addDeadLetterViews(deadLetters, print);
  addDeadLetterActions(deadLetters, print);
  addJobs(program, print);
  addEndpoints(program, print);
}

async function operatorClient() {
  loadDotEnv();
  const { OperatorClient } = await import('./operator-client.ts');
  return new OperatorClient(loadSettings());
}

function addEvents(program: Command, print: Print): void {
  const events = program
    .command('events')
    .description('look at events, send on or stop those that are under way, through the operator API');
  events
    .command('list')
    .description('events, running ones first, then those that ended last')
    .option('--source <name>', 'of this source only')
    .option('--type <type>', 'of this event type only')
    .option('--status <status>', 'processing, processed, failed, discarded or canceled')
    .option('--since <time>', 'received at or after: a time, or an age such as 1d')
    .option('--until <time>', 'received before')
    .option('--limit <count>', 'at most this many (1 to 200)', '50')
    .option('--cursor <cursor>', 'go on where the page before ended')
    .option('--json', 'for machines')
    .action(async (options) => {
      const commands = await import('./events.ts');
      print(await commands.eventsList(await operatorClient(), options));
    });
  events
    .command('show <source> <event_id>')
    .description('one event: payload, handler, every delivery with every attempt')
    .option('--json', 'for machines')
    .action(async (source, eventId, options) => {
      const commands = await import('./events.ts');
      print(await commands.eventsShow(await operatorClient(), source, eventId, options));
    });

  events
    .command('retry <source> <event_id>')
    .description('do not wait for the next retry: what waits is tried now')
    .option('--json', 'for machines')
    .action(async (source, eventId, options) => {
      const commands = await import('./events.ts');
      print(await commands.eventsRetry(await operatorClient(), source, eventId, options));
    });
  events
    .command('cancel <source> <event_id>')
    .description('stop it: an attempt that runs is told to end, and no other follows')
    .option('--json', 'for machines')
    .action(async (source, eventId, options) => {
      const commands = await import('./events.ts');
      print(await commands.eventsCancel(await operatorClient(), source, eventId, options));
    });
}

const deadLetterCommands = async () => await import('./dead-letters.ts');
const withFilters = (command: Command) =>
  command
    .option('--source <name>', 'of this source only')
    .option('--type <type>', 'of this event type only')
    .option('--step <step>', 'that failed at this step: handler, or deliver:<endpoint>')
    .option('--error <code>', 'that failed with this error, such as http_500 or handler:TypeError')
    .option('--since <time>', 'failed at or after: a time, or an age such as 1d')
    .option('--until <time>', 'failed before');

function addDeadLetterViews(deadLetters: Command, print: Print): void {
  withFilters(deadLetters.command('list').description('dead letters, the latest first'))
    .option('--limit <count>', 'at most this many (1 to 200)', '50')
    .option('--cursor <cursor>', 'go on where the page before ended')
    .option('--json', 'for machines')
    .action(async (options) => {
      print(await (await deadLetterCommands()).deadLettersList(await operatorClient(), options));
    });
  withFilters(deadLetters.command('count').description('how many there are'))
    .option('--json', 'for machines')
    .action(async (options) => {
      print(await (await deadLetterCommands()).deadLettersCount(await operatorClient(), options));
    });
  deadLetters
    .command('show <source> <event_id>')
    .description('one dead letter: what failed, where and why, every attempt, earlier runs, the payload')
    .option('--json', 'for machines')
    .action(async (source, eventId, options) => {
      print(
        await (await deadLetterCommands()).deadLettersShow(await operatorClient(), source, eventId, options),
      );
    });
  withFilters(deadLetters.command('export').description('dead letters whole, one JSON a line'))
    .option('--out <file>', 'write them to this file')
    .action(async (options) => {
      const text = await (await deadLetterCommands()).deadLettersExport(await operatorClient(), options);
      if (text !== undefined) print(text);
    });
}

const withJobOptions = (command: Command) =>
  withFilters(command)
    .option('--all', 'every dead letter, where no filter is given')
    .option(
      '--rate <per_second>',
      `at most this many a second (1 to ${RATE_MAX}; ${RATE_DEFAULT} if not given)`,
    )
    .option('--dry-run', 'tell how many there are, and start nothing')
    .option('--yes', 'do not ask')
    .option('--detach', 'do not wait for the end')
    .option('--json', 'for machines');

function addDeadLetterActions(deadLetters: Command, print: Print): void {
  withJobOptions(deadLetters.command('replay [source] [event_id]'))
    .description('run one again, or all that a filter matches')
    .option(
      '--from <point>',
      'failed_step: what had succeeded is not repeated; start: everything',
      'failed_step',
    )
    .option(
      '--payload <file>',
      "of one: with this JSON instead of the payload that failed ('-' for standard input)",
    )
    .action(async (source, eventId, options) => {
      const { deadLettersReplayMany, refuseForOne } = await import('./start-job.ts');
      const { deadLettersReplay } = await deadLetterCommands();
      const client = await operatorClient();
      if (eventId !== undefined) refuseForOne(options);
      if (eventId !== undefined) print(await deadLettersReplay(client, source, eventId, options));
      else if (!(await deadLettersReplayMany(client, source, options, print))) process.exitCode = 1;
    });
  withJobOptions(deadLetters.command('discard [source] [event_id]'))
    .description('end one for good, on record, or all that a filter matches; a later resend is a duplicate')
    .requiredOption('--reason <text>', 'why; it is kept with the event')
    .action(async (source, eventId, options) => {
      const { deadLettersDiscardMany, refuseForOne } = await import('./start-job.ts');
      const { deadLettersDiscard } = await deadLetterCommands();
      const client = await operatorClient();
      if (eventId !== undefined) refuseForOne(options);
      if (eventId !== undefined) print(await deadLettersDiscard(client, source, eventId, options));
      else if (!(await deadLettersDiscardMany(client, source, options, print))) process.exitCode = 1;
    });
}

function addJobs(program: Command, print: Print): void {
  const jobs = program
    .command('jobs')
    .description('look at the replays and discards of many dead letters, hold them, end them');
  const jobCommands = async () => await import('./jobs.ts');
  jobs
    .command('list')
    .description('jobs, running ones first, then those that ended last')
    .option('--limit <count>', 'at most this many (1 to 200)', '50')
    .option('--cursor <cursor>', 'go on where the page before ended')
    .option('--json', 'for machines')
    .action(async (options) => {
      print(await (await jobCommands()).jobsList(await operatorClient(), options));
    });
  jobs
    .command('show <job_id>')
    .description('one job: how far it is, what became of its dead letters')
    .option('--watch', 'follow it to its end')
    .option('--json', 'for machines')
    .action(async (id, options) => {
      const client = await operatorClient();
      if (options.watch && !options.json) await (await import('./watch-job.ts')).watchJob(client, id, print);
      print(await (await jobCommands()).jobsShow(client, id, options));
    });
  for (const [verb, description] of [
    ['pause', 'hold a job'],
    ['resume', 'let it go on'],
    ['cancel', 'end it: what it has not taken stays a dead letter'],
  ] as const) {
    jobs
      .command(`${verb} <job_id>`)
      .description(description)
      .option('--json', 'for machines')
      .action(async (id, options) => {
        print(await (await jobCommands()).jobsChange(await operatorClient(), verb, id, options));
      });
  }
}

function addEndpoints(program: Command, print: Print): void {
  program
    .command('endpoints')
    .description('look at the endpoints and their breakers')
    .command('list')
    .description('each endpoint, whether it is down, since when and why')
    .option('--json', 'for machines')
    .action(async (options) => {
      const { endpointsList } = await import('./endpoints.ts');
      print(await endpointsList(await operatorClient(), options));
    });
}

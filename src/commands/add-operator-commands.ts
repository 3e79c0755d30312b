// Declares the commands that call the operator API: their options, and the function that runs each.
import type { Command } from 'commander';
import { loadDotEnv, loadSettings } from '../config/settings.ts';
import { RATE_DEFAULT, RATE_MAX } from '../contracts/job.ts';

type Print = (text: string) => void;

export function addOperatorCommands(program: Command, print: Print): void {
  addEvents(program, print);
  const deadLetters = program
    .command('dead-letters')
    .description('show, replay or discard events that have failed for good');
  addDeadLetterViews(deadLetters, print);
  addDeadLetterActions(deadLetters, print);
  addJobs(program, print);
  addEndpoints(program, print);
  addTasks(program, print);
}

async function operatorClient() {
  loadDotEnv();
  const { OperatorClient } = await import('./operator-client.ts');
  return new OperatorClient(loadSettings());
}

function addEvents(program: Command, print: Print): void {
  const events = program.command('events').description('show events; retry or cancel running events');
  events
    .command('list')
    .description('list events: the running ones, then the closed ones, the last closed first')
    .option('--source <name>', 'only events of this source')
    .option('--type <type>', 'only events of this type')
    .option('--status <status>', 'only events that are processing, processed, failed, discarded or canceled')
    .option(
      '--since <time>',
      'only events received at or after this time; an age such as 1d counts back from now',
    )
    .option('--until <time>', 'only events received before this time')
    .option('--limit <count>', 'at most this many events (1 to 200)', '50')
    .option('--cursor <cursor>', 'continue after the page that printed this cursor')
    .option('--json', 'print JSON')
    .action(async (options) => {
      const commands = await import('./events.ts');
      print(await commands.eventsList(await operatorClient(), options));
    });
  events
    .command('show <source> <event_id>')
    .description('show one event: its payload, its handler, every delivery with every attempt')
    .option('--json', 'print JSON')
    .action(async (source, eventId, options) => {
      const commands = await import('./events.ts');
      print(await commands.eventsShow(await operatorClient(), source, eventId, options));
    });

  events
    .command('retry <source> <event_id>')
    .description('make the next attempt of each waiting step of an event now')
    .option('--json', 'print JSON')
    .action(async (source, eventId, options) => {
      const commands = await import('./events.ts');
      print(await commands.eventsRetry(await operatorClient(), source, eventId, options));
    });
  events
    .command('cancel <source> <event_id>')
    .description('stop an event: a running attempt is asked to end, and no other attempt follows')
    .option('--json', 'print JSON')
    .action(async (source, eventId, options) => {
      const commands = await import('./events.ts');
      print(await commands.eventsCancel(await operatorClient(), source, eventId, options));
    });
}

const deadLetterCommands = async () => await import('./dead-letters.ts');
const withFilters = (command: Command) =>
  command
    .option('--source <name>', 'only dead letters of this source')
    .option('--type <type>', 'only dead letters of this event type')
    .option('--step <step>', 'only dead letters that failed at this step: handler, or deliver:<endpoint>')
    .option('--error <code>', 'only dead letters with this error, such as http_500 or handler:TypeError')
    .option(
      '--since <time>',
      'only events that failed at or after this time; an age such as 1d counts back from now',
    )
    .option('--until <time>', 'only events that failed before this time');

function addDeadLetterViews(deadLetters: Command, print: Print): void {
  withFilters(deadLetters.command('list').description('list dead letters, the latest first'))
    .option('--limit <count>', 'at most this many dead letters (1 to 200)', '50')
    .option('--cursor <cursor>', 'continue after the page that printed this cursor')
    .option('--json', 'print JSON')
    .action(async (options) => {
      print(await (await deadLetterCommands()).deadLettersList(await operatorClient(), options));
    });
  withFilters(deadLetters.command('count').description('count dead letters'))
    .option('--json', 'print JSON')
    .action(async (options) => {
      print(await (await deadLetterCommands()).deadLettersCount(await operatorClient(), options));
    });
  withFilters(deadLetters.command('summary').description('group dead letters by what they failed with'))
    .option('--json', 'print JSON')
    .action(async (options) => {
      print(await (await deadLetterCommands()).deadLettersSummary(await operatorClient(), options));
    });
  deadLetters
    .command('show <source> <event_id>')
    .description('show one dead letter: failed steps, errors, every attempt, earlier runs, the payload')
    .option('--json', 'print JSON')
    .action(async (source, eventId, options) => {
      print(
        await (await deadLetterCommands()).deadLettersShow(await operatorClient(), source, eventId, options),
      );
    });
  withFilters(deadLetters.command('export').description('print whole dead letters, one JSON object a line'))
    .option('--out <file>', 'write to this file')
    .action(async (options) => {
      const text = await (await deadLetterCommands()).deadLettersExport(await operatorClient(), options);
      if (text !== undefined) print(text);
    });
}

const withJobOptions = (command: Command) =>
  withFilters(command)
    .option('--all', 'take every dead letter (without a filter)')
    .option(
      '--rate <per_second>',
      `at most this many dead letters a second (1 to ${RATE_MAX}; ${RATE_DEFAULT} if not given)`,
    )
    .option('--dry-run', 'print how many dead letters match, and start nothing')
    .option('--yes', 'do not ask for confirmation')
    .option('--detach', 'do not wait until the job ends')
    .option('--json', 'print JSON');

function addDeadLetterActions(deadLetters: Command, print: Print): void {
  withJobOptions(deadLetters.command('replay [source] [event_id]'))
    .description('replay one dead letter, or all that a filter matches')
    .option(
      '--from <point>',
      'failed_step: repeat only steps that have not succeeded; start: repeat every step',
      'failed_step',
    )
    .option(
      '--payload <file>',
      "for one dead letter: replay it with the JSON of this file ('-' for standard input)",
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
    .description('discard one dead letter, or all that a filter matches; a later resend is a duplicate')
    .requiredOption('--reason <text>', 'the reason, which is kept with the event')
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
    .description('show, pause, resume or cancel jobs: each replays or discards many dead letters');
  const jobCommands = async () => await import('./jobs.ts');
  jobs
    .command('list')
    .description('list jobs: the running ones, then the closed ones, the last closed first')
    .option('--limit <count>', 'at most this many jobs (1 to 200)', '50')
    .option('--cursor <cursor>', 'continue after the page that printed this cursor')
    .option('--json', 'print JSON')
    .action(async (options) => {
      print(await (await jobCommands()).jobsList(await operatorClient(), options));
    });
  jobs
    .command('show <job_id>')
    .description('show one job: its progress, and what became of its dead letters')
    .option('--watch', 'follow the job until it ends')
    .option('--json', 'print JSON')
    .action(async (id, options) => {
      const client = await operatorClient();
      if (options.watch && !options.json) await (await import('./watch-job.ts')).watchJob(client, id, print);
      print(await (await jobCommands()).jobsShow(client, id, options));
    });
  for (const [verb, description] of [
    ['pause', 'pause a job'],
    ['resume', 'resume a paused job'],
    ['cancel', 'end a job: dead letters that it has not taken stay open'],
  ] as const) {
    jobs
      .command(`${verb} <job_id>`)
      .description(description)
      .option('--json', 'print JSON')
      .action(async (id, options) => {
        print(await (await jobCommands()).jobsChange(await operatorClient(), verb, id, options));
      });
  }
}

function addEndpoints(program: Command, print: Print): void {
  program
    .command('endpoints')
    .description('show the endpoints and their breakers')
    .command('list')
    .description('list the endpoints: whether each is down, since when and why')
    .option('--json', 'print JSON')
    .action(async (options) => {
      const { endpointsList } = await import('./endpoints.ts');
      print(await endpointsList(await operatorClient(), options));
    });
}

function addTasks(program: Command, print: Print): void {
  const tasks = program.command('tasks').description('show or cancel agent tasks of any client');
  const taskCommands = async () => await import('./tasks.ts');
  tasks
    .command('list')
    .description('list tasks: the running ones, then the ended ones, the last ended first')
    .option('--client <name>', 'only tasks of this client')
    .option('--type <type>', 'only tasks of this task type')
    .option(
      '--status <status>',
      'only tasks that are processing, input_required, completed, failed, error or canceled',
    )
    .option('--since <time>', 'only tasks made at or after this time; an age such as 1d counts back from now')
    .option('--until <time>', 'only tasks made before this time')
    .option('--limit <count>', 'at most this many tasks (1 to 200)', '50')
    .option('--cursor <cursor>', 'continue after the page that printed this cursor')
    .option('--json', 'print JSON')
    .action(async (options) => {
      print(await (await taskCommands()).tasksList(await operatorClient(), options));
    });
  tasks
    .command('show <task_id>')
    .description('show one task: its input, every attempt of its work, what it asks, its callbacks')
    .option('--json', 'print JSON')
    .action(async (id, options) => {
      print(await (await taskCommands()).tasksShow(await operatorClient(), id, options));
    });
  tasks
    .command('cancel <task_id>')
    .description('stop a task: its work is asked to end, and its client is told')
    .option('--json', 'print JSON')
    .action(async (id, options) => {
      print(await (await taskCommands()).tasksCancel(await operatorClient(), id, options));
    });
}

#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --max-semi-space-size=4
// The `surehook` command. It tells of an old Node before it loads anything that an old Node cannot load.

/** As `engines` in package.json has it: the first Node 22 that takes the types out of a config file by itself. */
const LEAST = [22, 19] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
  process.stderr.write(
    `surehook: Node ${process.versions.node} is too old: use Node ${LEAST.join('.')} or newer\n`,
  );
  process.exit(1);
}
const { runProgram } = await import('./commands/program.ts');
await runProgram();

// Holds what a config file exports to its schema, and describes it in plain data that can cross to another process.
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { configSchema, type ParsedConfig } from './define-config.ts';

type ParsedSource = ParsedConfig['sources'][string];

/** A parsed config without its functions: handlers are named by their event types, and a schema is there or not. */
export interface ConfigDescription extends Omit<ParsedConfig, 'sources' | 'tasks'> {
  sources: Record<string, SourceDescription>;
  tasks: Record<string, TaskDescription>;
}

type ParsedTask = ParsedConfig['tasks'][string];

export type TaskDescription = Pick<ParsedTask, 'description' | 'timeout' | 'retry'> & {
  takesText: boolean;
  /** JSON Schema. */
  inputSchema: Record<string, unknown>;
};

export type SourceDescription = Omit<ParsedSource, 'handlers' | 'schema'> & {
  handlers: string[];
  schema: boolean;
};

/** @throws ConfigError that names every fault */
export function parseConfig(path: string, input: unknown): ParsedConfig {
  const result = configSchema.safeParse(input);
  if (result.success) return result.data;
  const faults = result.error.issues.flatMap((issue) => describe(issue));
  throw new ConfigError(`${path} is not valid: ${faults.join('; ').replaceAll(/\s+/g, ' ')}`);
}

function describe(issue: z.core.$ZodIssue, parents: PropertyKey[] = []): string[] {
  const path = [...parents, ...issue.path];
  const fault = (at: PropertyKey[], what: string) =>
    `${at.map(String).join('.') || 'the default export'}: ${what}`;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => fault([...path, key], 'unknown key (remove it or correct its name)'));
    case 'invalid_key':
      return issue.issues.flatMap((inner) => describe(inner, path));
    case 'invalid_union': {
      // Of the forms that a value may have, the one that it was meant to have knows what is wrong with it.
      const [meant, ...others] = issue.errors.filter((faults) => !faults.some(isOtherForm));
      if (meant && others.length === 0) return meant.flatMap((inner) => describe(inner, path));
      return [fault(path, issue.message)];
    }
    default:
      return [fault(path, issue.message)];
  }
}

function isOtherForm({ code, path }: z.core.$ZodIssue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'custom');
}

/** @throws ConfigError if the input of a task type cannot be written as JSON Schema, which its clients read */
export function describeConfig({ sources, tasks, ...rest }: ParsedConfig): ConfigDescription {
  const described = Object.entries(sources).map(([name, { handlers, schema, ...source }]) => [
    name,
    { ...source, handlers: Object.keys(handlers), schema: schema !== undefined },
  ]);
  return { ...rest, sources: Object.fromEntries(described), tasks: mapTasks(tasks) };
}

function mapTasks(tasks: ParsedConfig['tasks']): ConfigDescription['tasks'] {
  const described = Object.entries(tasks).map(([name, { input, description, timeout, retry, fromText }]) => [
    name,
    {
      ...{ description, timeout, retry },
      takesText: fromText !== undefined,
      inputSchema: toJsonSchema(name, input),
    },
  ]);
  return Object.fromEntries(described);
}

function toJsonSchema(name: string, input: z.ZodType): Record<string, unknown> {
  try {
    return z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
  } catch (error) {
    throw new ConfigError(
      `tasks.${name}.input: expected a zod schema of version 4 (${(error as Error).message})`,
    );
  }
}

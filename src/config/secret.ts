// A secret that the config file names, and its resolved value, which cannot be printed by accident.
import { inspect } from 'node:util';

export class SecretRef {
  readonly name: string;

  constructor(name: string) {
    if (!/^[A-Z][A-Z0-9_]*$/.test(name)) {
      throw new TypeError(
        `secret('${name}'): use the name of an environment variable, such as STRIPE_WEBHOOK_SECRET`,
      );
    }
    this.name = name;
  }
}

/**
 * Names a secret: its value is the environment variable of that name, or the content of the file that
 * `<NAME>_FILE` names (without the line break at its end).
 *
 * @throws TypeError if the name is not one of an environment variable (`A-Z`, `0-9`, `_`)
 */
export function secret(name: string): SecretRef {
  return new SecretRef(name);
}

export class Secret {
  readonly name: string;
  readonly #value: string;

  constructor(name: string, value: string) {
    this.name = name;
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return `[secret ${this.name}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

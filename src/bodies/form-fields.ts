// The fields of a form as an object: a name that comes several times has a list.

/** A file that came in a form. */
export interface FormFile {
  filename: string | null;
  content_type: string;
  size: number;
  base64: string;
}

export type FormValue = string | FormFile;
export type FormObject = Record<string, FormValue | FormValue[]>;

export class FormFields {
  readonly #fields = new Map<string, FormValue | FormValue[]>();

  add(name: string, value: FormValue): void {
    const before = this.#fields.get(name);
    if (before === undefined) this.#fields.set(name, value);
    else if (Array.isArray(before)) before.push(value);
    else this.#fields.set(name, [before, value]);
  }

  /** Each name is a property of the object's own, `__proto__` too, as `JSON.parse` has it. */
  toObject(): FormObject {
    return Object.fromEntries(this.#fields);
  }
}

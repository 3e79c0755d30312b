// An event that the demo sends, with headers that the provider's own library signs.

export interface DemoEvent {
  source: 'github' | 'stripe';
  id: string;
  type: string;
  body: Buffer;
  /** @returns the headers, signed anew for each request since Stripe's signatures carry a time */
  sign(): Promise<Record<string, string>>;
}

export interface DemoSecrets {
  github: string;
  stripe: string;
  endpoint: string;
}

/** The workflow id that Surehook gives the event, which is also the idempotency key of its handler. */
export function keyOf({ source, id }: DemoEvent): string {
  return `${source}:${id}`;
}

// What the demo sends: an event, and its headers as its provider's own library signs them.

export interface DemoEvent {
  source: 'github' | 'stripe';
  id: string;
  type: string;
  body: Buffer;
  /** Signed anew for each request: Stripe's signatures carry a time. */
  sign(): Promise<Record<string, string>>;
}

export interface DemoSecrets {
  github: string;
  stripe: string;
  endpoint: string;
}

/** Surehook's workflow id and idempotency key. */
export function keyOf({ source, id }: DemoEvent): string {
  return `${source}:${id}`;
}

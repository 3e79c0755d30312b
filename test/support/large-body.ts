// A body that does not get small when it is compressed, with a marker to look for.
import { randomBytes } from 'node:crypto';
import { newId, type Surehook, signHmac } from './surehook.ts';

export const MARKER = 'MARKER-of-a-large-body';

export interface LargeEvent {
  id: string;
  body: Buffer;
  send(surehook: Surehook): Promise<Response>;
}

export function largeEvent(bytes = 4_000_000): LargeEvent {
  const id = newId('large');
  const noise = randomBytes((bytes * 3) / 4).toString('base64');
  const body = Buffer.from(JSON.stringify({ event_id: id, type: 'large', marker: MARKER, noise }));
  return { id, body, send: (surehook) => surehook.post('partner', body, signHmac(body)) };
}

// Makes events with large bodies that hold a marker to look for. By default compression does not make them small.
import { randomBytes } from 'node:crypto';
import { newId, type Surehook, signHmac } from './surehook.ts';

export const MARKER = 'MARKER-of-a-large-body';

const noiseOf = (bytes: number) => randomBytes((bytes * 3) / 4).toString('base64');

export interface LargeEvent {
  id: string;
  body: Buffer;
  send(surehook: Surehook): Promise<Response>;
}

export function largeEvent(bytes = 4_000_000, filling = noiseOf(bytes)): LargeEvent {
  const id = newId('large');
  const body = Buffer.from(JSON.stringify({ event_id: id, type: 'large', marker: MARKER, filling }));
  return { id, body, send: (surehook) => surehook.post('partner', body, signHmac(body)) };
}

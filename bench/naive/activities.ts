// The plain design's activities: a handler that does nothing, and a delivery signed as Surehook signs it.
import { signDelivery } from '../../src/signatures/index.ts';
import { ENDPOINT_SECRET } from '../events.ts';

export interface NaiveEvent {
  id: string;
  type: string;
  /** The signed bytes, which are JSON, as text. */
  body: string;
}

export function createNaiveActivities(receiverUrl: string) {
  return {
    async handle(_event: NaiveEvent): Promise<void> {},

    async deliver({ id, type, body }: NaiveEvent): Promise<number> {
      const rawBody = Buffer.from(body);
      const response = await fetch(receiverUrl, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-webhook-source': 'bench',
          'x-webhook-event-id': id,
          'x-webhook-event-type': type,
          ...signDelivery({ secrets: [ENDPOINT_SECRET], workflowId: id, rawBody }),
        },
        body: rawBody,
      });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      return response.status;
    },
  };
}

export type NaiveActivities = ReturnType<typeof createNaiveActivities>;

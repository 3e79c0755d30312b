// Verifies Stripe's webhooks in a route handler of Next.js, which runs on Node unless it says otherwise.
import { verifySignature } from 'surehook/signatures';

const secrets = [process.env.STRIPE_WEBHOOK_SECRET ?? ''];

export async function POST(request: Request): Promise<Response> {
  const rawBody = new Uint8Array(await request.arrayBuffer());
  const result = verifySignature({ scheme: 'stripe', secrets, headers: request.headers, rawBody });
  if (!result.ok) return Response.json({ error: result.code }, { status: 401 });
  const event = JSON.parse(new TextDecoder().decode(rawBody));
  return Response.json({ received: event.id });
}

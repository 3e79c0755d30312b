// Tests real input: every distinct example payload of GitHub and Stripe, judged by the providers' official packages.
import { beforeAll, expect, inject, it } from 'vitest';
import { type DemoOutcome, runDemo } from '../../examples/demo/run-demo.ts';

let outcome: DemoOutcome;

beforeAll(async () => {
  const env = { TEMPORAL_ADDRESS: inject('temporalAddress'), TEMPORAL_UI_URL: 'http://127.0.0.1:8233' };
  outcome = await runDemo({ env, distinct: true });
}, 120_000);

it('every payload is accepted, handled once and delivered unchanged, and every repeat is a duplicate', () => {
  const { report } = outcome;
  expect(report.problems).toEqual([]);
  const { events, retried } = report;
  // @octokit/webhooks-examples 7.6 has 404 distinct payloads; 11 events are Stripe's.
  expect(events).toBeGreaterThanOrEqual(415);
  expect(retried).toBeGreaterThanOrEqual(Math.floor((events - 1) / 25));
  expect(report).toMatchObject({ handledOnce: events, delivered: events, identical: events + retried });
  // On a busy machine a start may be confirmed after its 503; then the next request is a duplicate.
  expect(report.accepted + report.duplicates + report.repeated).toBe(report.requests);
  if (report.repeated === 0) expect(report).toMatchObject({ accepted: events, deliveries: events + retried });
});

it('the only dead letter is the event whose endpoint always fails, with the reason', () => {
  const { report, deadLetter } = outcome;
  expect(report.deadLetters).toBe(1);
  expect(deadLetter.error).toBe('deliver:broken failed after 3 attempts: http_500');
  expect(deadLetter.webUiUrl).toContain('http://127.0.0.1:8233/namespaces/default/workflows/stripe%3Aevt_');
  expect(deadLetter.shown).toMatch(/Delivery to inbox: succeeded[\s\S]*Delivery to broken: failed/);
  expect(deadLetter.shown).toContain('the disputes table is locked');
});

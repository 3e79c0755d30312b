// Tests what `config check` warns of: ids that the signature does not cover, and topics of strangers.
import { expect, it } from 'vitest';
import { warningsOf } from '../../src/config/warnings-of.ts';
import { loadConfig } from '../../src/user-code/load-config.ts';
import { ENV, load } from '../support/config-file.ts';

const warnedOf = async (source: string) =>
  warningsOf(
    await load({ sources: `second: { ${source} }` }, { env: { ...ENV, C: `whsec_${btoa('x'.repeat(32))}` } }),
  );
const verify = (scheme: string) => `verify: { scheme: '${scheme}', secrets: [secret('C')] }`;

it.each([
  ['hmac', '', []],
  ['hmac', "eventId: ['body.id', 'header.X-Request-Id']", ['header.x-request-id']],
  ['standard', '', []],
  ['svix', '', []],
  ['standard', "eventId: ['body.id']", []],
  // The second set of headers is not looked at in a request that has the first, and so its id is not signed then.
  ['standard', "eventId: ['header.svix-id']", ['header.svix-id']],
  ['stripe', '', []],
  ['github', '', ['header.x-github-delivery']],
])('an id of %s with %s that is not signed is warned of', async (scheme, eventId, places) => {
  expect(await warnedOf(`${verify(scheme)}, ${eventId}`)).toEqual(
    places.map(
      (place) =>
        `sources.second.eventId: ${scheme} does not sign ${place}: whoever has one signed request can send it again as another event`,
    ),
  );
});

it('a source of SNS that takes every topic is warned of', async () => {
  const topicArns = "topicArns: ['arn:aws:sns:eu-central-1:123456789012:orders']";
  expect(await warnedOf(`verify: { scheme: 'aws-sns', ${topicArns} }`)).toEqual([]);
  expect(await warnedOf("verify: { scheme: 'aws-sns' }")).toEqual([
    'sources.second.verify: without topicArns, everybody with an account of AWS can send events from a topic of their own',
  ]);
});

it('a source whose provider signs little of an event is warned of', async () => {
  for (const scheme of ['mailgun', 'dropbox-sign', 'paypal'])
    expect(await warnedOf(verify(scheme))).toContainEqual(
      expect.stringMatching(
        /^sources\.second\.verify: .* signs .*: whoever has one signed request can change/,
      ),
    );
});

it('a source of Meta without the token of its handshake is warned of', async () => {
  const warning = expect.stringContaining('without verifyToken, the handshake of meta is refused');
  expect(await warnedOf(verify('meta'))).toContainEqual(warning);
  const withToken = "verify: { scheme: 'meta', secrets: [secret('A')], verifyToken: secret('A') }";
  expect(await warnedOf(withToken)).not.toContainEqual(warning);
});

it('the config that comes with Surehook looks for ids in signed places only, but for GitHub, which signs none', async () => {
  const env = Object.fromEntries(
    ['PARTNER_WEBHOOK', 'GITHUB_WEBHOOK', 'STRIPE_WEBHOOK', 'BILLING_ENDPOINT'].map((name) => [
      `${name}_SECRET`,
      'x'.repeat(32),
    ]),
  );
  const path = new URL('../../surehook.config.ts', import.meta.url).pathname;
  expect(warningsOf(await loadConfig({ path, env }))).toEqual([
    expect.stringContaining('sources.github.eventId'),
  ]);
});

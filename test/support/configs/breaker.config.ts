// A config of endpoints whose breakers open soon and probe often. Names end in SUFFIX: a breaker's state is by name.
import { defineConfig, secret } from 'surehook';

const { RECEIVER_URL: receiver, SUFFIX: suffix = '' } = process.env;
const secrets = [secret('ENDPOINT_SECRET')];
const partner = { scheme: 'hmac' as const, secrets: [secret('PARTNER_SECRET')] };
/** Enough attempts for a delivery that has to serve as the probe many times. */
const retry = [0, ...Array<string>(15).fill('1s')];
const breaker = { failures: 5, probeAfter: '1s' };
const pace = { gather: 0, every: '1s' };
const route = { channel: 'webhook' as const, secrets, ...pace };

export default defineConfig({
  sources: {
    partner: {
      verify: partner,
      forwardTo: {
        both: [`dead${suffix}`, `live${suffix}`],
        dead: [`dead${suffix}`],
        given_up: [`given-up${suffix}`],
        off: [`off${suffix}`],
        patient: [`patient${suffix}`],
        told: [`told${suffix}`],
      },
    },
    bystander: { verify: partner, forwardTo: [`live${suffix}`] },
  },
  endpoints: {
    [`live${suffix}`]: { url: `${receiver}/live`, secrets },
    [`dead${suffix}`]: {
      url: `${receiver}/dead?key=url-secret`,
      secrets,
      timeoutMs: 2_000,
      retry,
      breaker,
    },
    [`told${suffix}`]: {
      url: `${receiver}/told`,
      secrets,
      retry,
      breaker: { failures: 1, probeAfter: '1s', alertAfter: '2s' },
    },
    [`given-up${suffix}`]: {
      url: `${receiver}/given-up`,
      secrets,
      retry,
      breaker: { failures: 1, probeAfter: '1s', holdFor: '2s' },
    },
    // The next probe comes after an hour, unless an operator asks for one.
    [`patient${suffix}`]: {
      url: `${receiver}/patient`,
      secrets,
      retry,
      breaker: { failures: 1, probeAfter: '1h' },
    },
    [`off${suffix}`]: { url: `${receiver}/off`, secrets, retry: [0, 0, 0, 0, 0], breaker: false },
  },
  alerts: {
    [`ops${suffix}`]: { ...route, url: `${receiver}/ops${suffix}`, on: ['endpoint_down'] },
    [`partner${suffix}`]: { ...route, url: `${receiver}/partner${suffix}`, sources: ['partner'] },
    [`bystander${suffix}`]: { ...route, url: `${receiver}/bystander${suffix}`, sources: ['bystander'] },
    [`letters${suffix}`]: { ...route, url: `${receiver}/letters${suffix}`, on: ['dead_letter'] },
    [`pager${suffix}`]: {
      channel: 'pagerduty',
      routingKey: secret('ROUTING_KEY'),
      url: `${receiver}/pager${suffix}`,
      ...pace,
    },
  },
});

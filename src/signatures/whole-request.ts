// Ways that sign method, URL and body: HubSpot's and Contentful's.

import type { VerifyInput, Way } from './scheme.ts';
import { type SignedRow, signed } from './signed.ts';
import type { Message } from './template.ts';
import { failed, missingHeaders } from './verdicts.ts';

const hubspot = signed({
  header: 'x-hubspot-signature-v3',
  encoding: 'base64',
  signed: '{method}{url}{body}{timestamp}',
  time: { header: 'x-hubspot-request-timestamp', unit: 'ms', toleranceSeconds: 300 },
});

/** What HubSpot's documentation decodes before it signs, and only that. */
const HUBSPOT_DECODED = /%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi;

/** HubSpot's documentation decodes the URL in part, and its library does not: either is right. */
export const hubspotWay: Way = {
  ...hubspot,
  verify(input) {
    const verdict = hubspot.verify(input);
    if (verdict.ok || verdict.code !== 'signature_invalid') return verdict;
    const url = input.url.replace(HUBSPOT_DECODED, decodeURIComponent);
    return url === input.url ? verdict : hubspot.verify({ ...input, url });
  },
};

const SIGNED_HEADERS = 'x-contentful-signed-headers';
const TIMESTAMP = 'x-contentful-timestamp';
const HEADERS_MAX = 100;

const content: NonNullable<SignedRow['content']> = (message) => {
  const names = message.input?.header(SIGNED_HEADERS)?.split(',') ?? [SIGNED_HEADERS, TIMESTAMP];
  const value = (name: string) => {
    if (message.input) return message.input.header(name)?.trim() ?? '';
    return name === TIMESTAMP ? message.timestamp : names.join(',');
  };
  const headers = [...new Set(names.map((name) => name.trim().toLowerCase()))].sort();
  const lines = headers.map((name) => `${name}:${value(name)}`).join(';');
  return [`${message.method}\n${pathOf(message)}\n${lines}\n`, message.body];
};

/** As Contentful's library writes it: the query is encoded once more, as one text. */
function pathOf({ url }: Pick<Message, 'url'>): string {
  const [path = '', query = ''] = url
    .toWellFormed()
    .replace(/^[a-z]+:\/\/[^/?#]*/i, '')
    .split('?');
  const whole = query === '' ? path || '/' : `${path || '/'}?${encodeURIComponent(query)}`;
  return encodeURI(whole);
}

const contentful = signed({
  header: 'x-contentful-signature',
  encoding: 'hex',
  signed: '{method}{url}{body}',
  content,
  time: { header: TIMESTAMP, unit: 'ms', toleranceSeconds: 30 },
});

/** Contentful says which headers it has signed. A list without the time would be a way around the time's check. */
export const contentfulWay: Way = {
  ...contentful,
  verify(input: VerifyInput) {
    const list = input.header(SIGNED_HEADERS);
    if (!list) return missingHeaders([SIGNED_HEADERS]);
    const names = list.split(',').map((name) => name.trim().toLowerCase());
    if (names.length > HEADERS_MAX || ![TIMESTAMP, SIGNED_HEADERS].every((name) => names.includes(name)))
      return failed('signature_invalid', `the header '${SIGNED_HEADERS}' has no '${TIMESTAMP}'`);
    return contentful.verify(input);
  },
  sign(input) {
    const signing = contentful.sign?.(input);
    return {
      headers: { ...signing?.headers, [SIGNED_HEADERS]: `${SIGNED_HEADERS},${TIMESTAMP}` },
    };
  },
};

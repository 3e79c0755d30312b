// Ways whose signature stands in the body: Mailgun's, Dropbox Sign's, Adyen's and Braintree's.
import { createHash } from 'node:crypto';
import { hmacText, isEqual } from './algorithms.ts';
import { pairOf } from './equal.ts';
import { at, type Fields, fieldsOf, formOf, formText, jsonOf, only, parsed, UNREADABLE } from './fields.ts';
import { isObject } from './provider-keys.ts';
import type { Key, SignInput, Signing, VerifyInput, VerifyResult, Way } from './scheme.ts';
import { describeTime, isRecent } from './timestamps.ts';
import { failed, OK } from './verdicts.ts';

type MacKey = Extract<Key, { bytes: Uint8Array }>;

/** @param signatures of which one must fit one secret */
function checkMacs(
  { keys }: VerifyInput,
  content: string,
  encoding: 'hex' | 'base64',
  signatures: readonly unknown[],
): boolean {
  const given = signatures.filter((text) => typeof text === 'string').map((text) => Buffer.from(text));
  return keys.some((key) => {
    const expected = Buffer.from(hmacText((key as MacKey).bytes, [content], encoding));
    return given.some((signature) => isEqual(signature, expected));
  });
}

/** Only where a tolerance is configured: whether resends are signed anew is not documented. */
function checkTime({ toleranceSeconds, nowSeconds }: VerifyInput, time: string): VerifyResult {
  if (toleranceSeconds === undefined || isRecent(Number(time), nowSeconds, toleranceSeconds)) return OK;
  return failed(
    'timestamp_out_of_tolerance',
    `the signed time ${describeTime(Number(time), nowSeconds, 's')}, and may be ${toleranceSeconds} s off`,
  );
}

/** A time of ten digits: what stands behind it then begins in one place only. */
const SECONDS = /^\d{10}$/;

/** Mailgun signs a time and a random token, and not the event: whoever has one request can put any event beside them. */
export const mailgunWay: Way = {
  headers: [],
  credentials: [],
  signs: 'fields',
  verify(input) {
    const json = jsonOf(input.body);
    if (json === undefined) return failed('signature_invalid', UNREADABLE);
    const all = [at(json, 'signature'), at(json, 'signature', 'parent-signature')].filter(isObject);
    if (all.length === 0) return failed('signature_missing', "the body has no object 'signature'");
    const found = all.find(({ timestamp, token, signature }) => {
      if (!SECONDS.test(String(timestamp)) || typeof token !== 'string') return false;
      return checkMacs(input, `${timestamp}${token}`, 'hex', [signature]);
    });
    if (found) return checkTime(input, String(found.timestamp));
    return failed('signature_invalid', "'signature' in the body fits no secret of this source");
  },
  sign({ key, body, id, nowSeconds }) {
    const json = jsonOf(body);
    if (!isObject(json))
      throw new TypeError('The body has no place for a signature: it must be a JSON object.');
    const timestamp = String(Math.floor(nowSeconds));
    const token = createHash('sha256').update(`${id}${timestamp}`).digest('hex').slice(0, 50);
    const signature = hmacText((key as MacKey).bytes, [timestamp + token], 'hex');
    return {
      headers: {},
      body: Buffer.from(JSON.stringify({ ...json, signature: { timestamp, token, signature } })),
    };
  },
};

/** Dropbox Sign signs the time and the type of an event, and not the rest. */
export const dropboxSignWay: Way = {
  headers: [],
  credentials: [],
  signs: 'fields',
  verify(input) {
    const event = at(dropboxSignEvent(input), 'event');
    if (!isObject(event)) return failed('signature_invalid', UNREADABLE);
    const { event_time: time, event_type: type, event_hash: hash } = event;
    if (typeof hash !== 'string' || hash === '')
      return failed('signature_missing', "the event has no 'event_hash'");
    const isWhole = typeof type === 'string' && SECONDS.test(String(time));
    return isWhole && checkMacs(input, `${time}${type}`, 'hex', [hash])
      ? checkTime(input, String(time))
      : failed('signature_invalid', "the 'event_hash' fits no secret of this source");
  },
  sign({ key, body, nowSeconds }) {
    const json = jsonOf(body);
    if (!isObject(json))
      throw new TypeError('The body has no place for a signature: it must be a JSON object.');
    const given = isObject(json.event) ? json.event : {};
    const time = String(Math.floor(nowSeconds));
    const type = String(given.event_type ?? 'callback_test');
    const hash = hmacText((key as MacKey).bytes, [time + type], 'hex');
    const event = { ...given, event_type: type, event_time: time, event_hash: hash };
    const fields: Fields = [['json', JSON.stringify({ ...json, event })]];
    return {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(formText(fields)),
    };
  },
};

/** A form in several parts, whose field `json` is the event; a body of JSON is taken, too. */
export function dropboxSignEvent({ header, body }: Pick<VerifyInput, 'header' | 'body'>): unknown {
  const json = jsonOf(body);
  return json === undefined ? parsed(only(fieldsOf(body, header), 'json') ?? '') : json;
}

const ADYEN_FIELDS = [
  ['pspReference'],
  ['originalReference'],
  ['merchantAccountCode'],
  ['merchantReference'],
  ['amount', 'value'],
  ['amount', 'currency'],
  ['eventCode'],
  ['success'],
] as const;

function adyenContent(item: unknown): string {
  return ADYEN_FIELDS.map((path) => {
    const value = at(item, ...path);
    return typeof value === 'object' ? '' : String(value ?? '');
  }).join(':');
}

const adyenItems = (json: unknown) => {
  const items = at(json, 'notificationItems');
  return Array.isArray(items) ? items.map((item) => at(item, 'NotificationRequestItem')) : [];
};

/** Every item has its own signature, and all of them must be right: they become events of one request. */
export const adyenWay: Way = {
  headers: [],
  credentials: [],
  signs: 'fields',
  verify(input) {
    const json = jsonOf(input.body);
    if (json === undefined) return failed('signature_invalid', UNREADABLE);
    const items = adyenItems(json);
    if (items.length === 0)
      return failed('signature_missing', "the request has neither items nor the header 'hmacsignature'");
    const signatures = items.map((item) => at(item, 'additionalData', 'hmacSignature'));
    if (signatures.some((signature) => typeof signature !== 'string' || signature === ''))
      return failed('signature_missing', "an item has no 'additionalData.hmacSignature'");
    const areRight = items.every((item, i) =>
      checkMacs(input, adyenContent(item), 'base64', [signatures[i]]),
    );
    return areRight
      ? OK
      : failed('signature_invalid', "the 'hmacSignature' of an item fits no secret of this source");
  },
  sign: signAdyen,
};

function signAdyen({ key, body }: SignInput): Signing {
  const json = jsonOf(body);
  if (!isObject(json))
    throw new TypeError('The body has no place for a signature: it must be a JSON object.');
  const given = adyenItems(json);
  const notificationItems = (given.length > 0 ? given : [{}]).map((one) => {
    const item = isObject(one) ? one : {};
    const hmacSignature = hmacText((key as MacKey).bytes, [adyenContent(item)], 'base64');
    const additionalData = { ...(isObject(item.additionalData) ? item.additionalData : {}), hmacSignature };
    return { NotificationRequestItem: { ...item, additionalData } };
  });
  return { headers: {}, body: Buffer.from(JSON.stringify({ ...json, notificationItems })) };
}

export const braintreeMac = (secret: string, text: string) =>
  hmacText(createHash('sha1').update(pairOf(secret)[1]).digest(), [text], 'hex', 'sha1');

const BRAINTREE_SIGNATURES_MAX = 16;

/** A signature of a GET's challenge must not pass for one of an event: what is signed must be XML. */
export function braintreeXml(payload: string | undefined): string | undefined {
  if (payload === undefined || !/^[A-Za-z0-9+/=\r\n]+$/.test(payload)) return undefined;
  const xml = Buffer.from(payload, 'base64').toString('utf8');
  return /^\s*</.test(xml) ? xml : undefined;
}

export const braintreeWay: Way = {
  headers: [],
  credentials: [],
  verify({ body, secrets }) {
    const fields = formOf(body);
    const [signature, payload] = [only(fields, 'bt_signature'), only(fields, 'bt_payload')];
    if (!fields) return failed('signature_invalid', UNREADABLE);
    if (!signature) return failed('signature_missing', "the form has no field 'bt_signature'");
    if (!payload || braintreeXml(payload) === undefined)
      return failed('signature_invalid', "the field 'bt_payload' is no base64 of XML");
    const pairs = signature.split('&');
    if (pairs.length > BRAINTREE_SIGNATURES_MAX)
      return failed('signature_invalid', `more than ${BRAINTREE_SIGNATURES_MAX} signatures`);
    for (const secret of secrets) {
      // Some servers take the last line break of a form away.
      for (const text of [payload, `${payload}\n`]) {
        const expected = Buffer.from(`${pairOf(secret)[0]}|${braintreeMac(secret, text)}`);
        if (pairs.some((pair) => isEqual(Buffer.from(pair), expected))) return OK;
      }
    }
    return failed('signature_invalid', "the field 'bt_signature' fits no secret of this source");
  },
  sign({ secret, body, nowSeconds }) {
    const json = jsonOf(body);
    const kind = isObject(json) && typeof json.kind === 'string' ? json.kind : 'check';
    const time = new Date(Math.floor(nowSeconds) * 1000).toISOString().replace('.000', '');
    const xml = `<notification><timestamp type="datetime">${time}</timestamp><kind>${kind}</kind></notification>`;
    const given = only(formOf(body), 'bt_payload');
    const payload = given ?? `${Buffer.from(xml).toString('base64')}\n`;
    const fields: Fields = [
      ['bt_signature', `${pairOf(secret)[0]}|${braintreeMac(secret, payload)}`],
      ['bt_payload', payload],
    ];
    return {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(formText(fields)),
    };
  },
};

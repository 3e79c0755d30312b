// Makes an event of every scheme out of the places that its row names.
import { findScheme, type Place, partsOf, type SchemeName } from '../../src/signatures/index.ts';
import { ADYEN } from './other-schemes.ts';
import { type Given, nowSeconds } from './providers.ts';
import { newId } from './surehook.ts';

/** Their bodies are forms or tokens, and are not made here. */
export const NO_JSON: readonly SchemeName[] = ['braintree', 'plivo', 'wix', 'dropbox-sign'];

/** Puts a value at a path such as `events.0.id`, unless there is one. @returns the value that is there */
function put(root: Record<string, unknown>, path: readonly string[], value: string): string {
  let at = root;
  path.forEach((key, i) => {
    if (i === path.length - 1) at[key] ??= value;
    else at[key] ??= /^\d+$/.test(path[i + 1] ?? '') ? [] : {};
    at = at[key] as Record<string, unknown>;
  });
  return String(at);
}

export interface MadeEvent {
  body: string;
  given: Given;
  /** Undefined: the digest of the body as it is sent. */
  id: string | undefined;
  type: string;
}

/** An event of a scheme, made from the places of its row: each has a value. */
function eventOf(scheme: SchemeName): MadeEvent {
  const { eventId, eventType } = findScheme(scheme);
  const [idPlace, typePlace] = [eventId[0], eventType[0]] as [Place, Place | undefined];
  const whole: { body: Record<string, unknown> } = { body: {} };
  const parts = [...partsOf(idPlace), ...(typePlace ? partsOf(typePlace) : [])];
  if (parts.some((part) => part.startsWith('body.0.'))) Object.assign(whole, { body: [] });
  if (scheme === 'adyen') Object.assign(whole, { body: adyenEvent() });
  if (scheme === 'linear') put(whole, ['body', 'webhookTimestamp'], '');
  const headers: Record<string, string> = {};
  const write = (place: Place, value: string): string | undefined => {
    if (typeof place !== 'string') {
      const written = partsOf(place).map((part, i) => write(part, `${value}-${i}`));
      return 'join' in place ? written.join(':') : undefined;
    }
    if (place.startsWith('header.')) headers[place.slice('header.'.length)] = value;
    else if (place === 'body') put(whole, ['body', 'unique'], value);
    else return put(whole, place.split('.'), value);
    return value;
  };
  const id = write(idPlace, newId());
  const type = typePlace ? write(typePlace, 'some.type') : undefined;
  put(whole, ['body', 'padding'], 'x'); // some have nothing else in their body
  return { body: JSON.stringify(whole.body), given: { headers }, id, type: type ?? 'unknown' };
}

/** The id is left out. */
function adyenEvent(): unknown {
  const event = structuredClone(ADYEN);
  for (const { NotificationRequestItem: item } of event.notificationItems)
    Reflect.deleteProperty(item, 'pspReference');
  return event;
}

/** An event of a scheme with what some rows need beside their places. */
export function madeEvent(scheme: SchemeName): MadeEvent {
  const made = eventOf(scheme);
  const { 'webhook-id': id = '', 'x-event-id': coinbaseId = '' } = made.given.headers ?? {};
  switch (scheme) {
    case 'linear':
      return { ...made, body: `{"webhookTimestamp":${nowSeconds() * 1000}}` };
    case 'aws-sns':
      return { ...made, type: 'Notification', body: JSON.stringify({ MessageId: made.id }) };
    default:
      return { ...made, given: { ...made.given, ...(id || coinbaseId ? { id: id || coinbaseId } : {}) } };
  }
}

/** Some schemes sign an id in a header. */
export function signedId(scheme: SchemeName, { headers = {} }: Given): Given {
  const signed = findScheme(scheme).ways[0].signedId;
  const id = signed && headers[signed];
  return id ? { id } : {};
}

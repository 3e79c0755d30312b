// Puts the id and the type of a test event where its source looks for them.
import { randomBytes } from 'node:crypto';
import { type Locator, placeText, type SourceConfig } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Sample } from '../samples/sample.ts';
import { typeOfSample } from '../samples/samples-of.ts';
import { type EventDraft, type Slot, slotsOf } from './event-draft.ts';

interface Wanted {
  id?: string;
  type?: string;
  body?: Buffer;
  sample?: Sample;
}

/** @returns the id, unless it is made of the body, or of several values of it */
export function putId(source: SourceConfig, draft: EventDraft, wanted: Wanted): string | undefined {
  const { id, body, sample } = wanted;
  if (id !== undefined) return putGivenId(source, draft, id);
  // A new id must not change a given body.
  if (body) return source.eventId[0]?.in === 'header' ? putAt(source.eventId, draft, newId()) : undefined;
  return sample ? renewId(source, draft, sample) : putNewId(source, draft);
}

const newId = () => `evt_${randomBytes(8).toString('hex')}`;

function isSlot(place: Locator | undefined): place is Slot {
  return place?.in === 'header' || place?.in === 'body';
}

/** Whether the ingress finds a value at this place. */
function isFound(draft: EventDraft, place: Locator): boolean {
  if (isSlot(place)) return draft.valueAt(place) !== undefined;
  const slots = slotsOf(place);
  if (place.in === 'bytes' || slots.length === 0) return true;
  const found = slots.filter((slot) => draft.valueAt(slot) !== undefined);
  return place.in === 'join' ? found.length === slots.length : found.length > 0;
}

/** @returns the value, if there is a place that takes it */
function putAt(places: readonly Locator[], draft: EventDraft, value: string): string | undefined {
  const slot = places.find(isSlot);
  if (slot) draft.put(slot, value);
  return slot && value;
}

function putGivenId({ eventId }: SourceConfig, draft: EventDraft, id: string): string {
  const found = eventId.findIndex((place) => isFound(draft, place));
  const place = eventId[found];
  // A value that stands before the one that the event has now wins over it.
  const before = found < 0 ? eventId : eventId.slice(0, found);
  const usable =
    place === undefined || place.in === 'digest' || place.in === 'bytes'
      ? before
      : isSlot(place)
        ? [place]
        : before.filter(({ in: where }) => where === 'header');
  const put = putAt(usable, draft, id);
  if (put !== undefined) return put;
  throw new ConfigError(
    `--id: the id of this event is made of ${eventId.map(placeText).join(', ')}; change the body, and send it with --file`,
  );
}

function renewId({ eventId }: SourceConfig, draft: EventDraft, { fresh }: Sample): string | undefined {
  const place = eventId.find((one) => isFound(draft, one));
  if (place === undefined) return putAt(eventId, draft, newId());
  if (isSlot(place)) return draft.renew(place);
  const own = place.in === 'join' ? idAmong(slotsOf(place)) : undefined;
  if (own) draft.renew(own);
  else if (fresh) draft.renew({ in: 'body', path: fresh.split('.') });
  return undefined;
}

/** Of the values that make an id, the one that is an id itself. */
function idAmong(slots: Slot[]): Slot | undefined {
  const nameOf = (slot: Slot) => (slot.in === 'header' ? slot.name : (slot.path.at(-1) ?? ''));
  return slots.find((slot) => /(id|reference)$/i.test(nameOf(slot))) ?? slots[0];
}

function putNewId({ eventId }: SourceConfig, draft: EventDraft): string | undefined {
  const id = newId();
  const put = putAt(eventId, draft, id);
  if (put !== undefined) return put;
  const [place] = eventId;
  const slots = place?.in === 'join' ? slotsOf(place) : [];
  const own = idAmong(slots);
  for (const slot of slots)
    if (draft.valueAt(slot) === undefined) draft.put(slot, slot === own ? id : 'test');
  if (!own && !draft.isForm) draft.put({ in: 'body', path: ['id'] }, id); // two bodies have two digests
  return undefined;
}

export const MADE_UP_TYPE = 'test.created';

/** @throws ConfigError if the given type has no place in the event */
export function putType(source: SourceConfig, draft: EventDraft, { type, body, sample }: Wanted): void {
  const { name, eventType } = source;
  const found = eventType.find((place) => isFound(draft, place));
  if (type === undefined && (body || found)) return;
  const place = found ?? eventType.find(isSlot) ?? eventType[0];
  if (place === undefined && type !== undefined)
    throw new ConfigError(`--type: the events of the source '${name}' have no type`);
  if (place === undefined) return;
  if (isSlot(place)) {
    draft.put(place, type ?? (sample ? typeOfSample(sample) : MADE_UP_TYPE));
    return;
  }
  const slots = slotsOf(place);
  const parts = type?.split(':') ?? slots.map((_, i) => MADE_UP_TYPE.split('.')[i] ?? 'test');
  if (place.in !== 'join' || parts.length !== slots.length) {
    throw new ConfigError(
      `--type: the type of this event is made of ${placeText(place)}: write its ${slots.length} parts with ':' between them`,
    );
  }
  for (const [i, slot] of slots.entries()) draft.put(slot, parts[i] as string);
}

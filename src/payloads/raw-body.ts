// A webhook's body as it came, byte for byte, and how Temporal stores it: JSON stays readable in the Web UI.
import {
  defaultPayloadConverter,
  type Payload,
  type PayloadConverter,
  type SerializationContext,
} from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/encoding.js';
import type { RefusalReason, Refused } from '../contracts/refused.ts';

export type BodyEncoding = 'json/plain' | 'binary/plain';

export class RawBody {
  readonly bytes: Uint8Array;
  readonly encoding: BodyEncoding;

  /** @param encoding `json/plain` only for bytes that are one valid JSON text, since Temporal's tools parse them */
  constructor(bytes: Uint8Array, encoding: BodyEncoding) {
    this.bytes = bytes;
    this.encoding = encoding;
  }
}

/** A body that is not in Temporal. A worker has the key under which the storage keeps the body. */
export class StoredBody {
  readonly key: string;

  constructor(key: string) {
    this.key = key;
  }
}

const MARK = 'surehook-raw';
const STORED_MARK = 'surehook-stored';
const REFUSED_MARK = 'surehook-refused';

/** Whether a payload in clear is a body. An encrypted payload does not show its kind. */
export function isRawBody({ metadata }: Payload): boolean {
  return metadata?.[MARK] !== undefined;
}

export function toStoredPayload(key: string): Payload {
  return { metadata: { encoding: encode('binary/plain'), [STORED_MARK]: encode('1') }, data: encode(key) };
}

/** The codec puts this in place of a payload that it refuses; the converter makes it a `Refused`. */
export function toRefusedPayload(reason: RefusalReason, message: string): Payload {
  return {
    metadata: { encoding: encode('binary/plain'), [REFUSED_MARK]: encode(reason) },
    data: encode(message),
  };
}

function toRefused({ metadata, data }: Payload): Refused {
  const reason = decode(metadata?.[REFUSED_MARK] ?? new Uint8Array()) as RefusalReason;
  return { surehook_refused: reason, message: decode(data ?? new Uint8Array()) };
}

class SurehookPayloadConverter implements PayloadConverter {
  toPayload<T>(value: T, context?: SerializationContext): Payload {
    if (value instanceof StoredBody) return toStoredPayload(value.key);
    if (!(value instanceof RawBody)) return defaultPayloadConverter.toPayload(value, context);
    return { metadata: { encoding: encode(value.encoding), [MARK]: encode('1') }, data: value.bytes };
  }

  fromPayload<T>(payload: Payload, context?: SerializationContext): T {
    if (payload.metadata?.[REFUSED_MARK]) return toRefused(payload) as T;
    if (payload.metadata?.[STORED_MARK]) return new StoredBody(decode(payload.data ?? new Uint8Array())) as T;
    if (!isRawBody(payload)) return defaultPayloadConverter.fromPayload(payload, context);
    const encoding = decode(payload.metadata?.encoding ?? new Uint8Array()) as BodyEncoding;
    return new RawBody(payload.data ?? new Uint8Array(), encoding) as T;
  }
}

/** The SDK looks for an export of this name in the module that `payloadConverterPath` names. */
export const payloadConverter: PayloadConverter = new SurehookPayloadConverter();

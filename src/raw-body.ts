// A webhook's body as it came, byte for byte, and how Temporal stores it: JSON stays readable in the Web UI.
import {
  defaultPayloadConverter,
  type Payload,
  type PayloadConverter,
  type SerializationContext,
} from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/encoding.js';

export type BodyEncoding = 'json/plain' | 'binary/plain';

export class RawBody {
  readonly bytes: Uint8Array;
  readonly encoding: BodyEncoding;

  /** `json/plain` only for bytes that are one valid JSON text: Temporal's tools parse them. */
  constructor(bytes: Uint8Array, encoding: BodyEncoding) {
    this.bytes = bytes;
    this.encoding = encoding;
  }
}

const MARK = 'surehook-raw';

/** Of a payload in clear: an encrypted one does not show its kind. */
export function isRawBody({ metadata }: Payload): boolean {
  return metadata?.[MARK] !== undefined;
}

class SurehookPayloadConverter implements PayloadConverter {
  toPayload<T>(value: T, context?: SerializationContext): Payload {
    if (!(value instanceof RawBody)) return defaultPayloadConverter.toPayload(value, context);
    return { metadata: { encoding: encode(value.encoding), [MARK]: encode('1') }, data: value.bytes };
  }

  fromPayload<T>(payload: Payload, context?: SerializationContext): T {
    if (!isRawBody(payload)) return defaultPayloadConverter.fromPayload(payload, context);
    const encoding = decode(payload.metadata?.encoding ?? new Uint8Array()) as BodyEncoding;
    return new RawBody(payload.data ?? new Uint8Array(), encoding) as T;
  }
}

/** The name is the SDK's: it looks for this export in the module that `payloadConverterPath` names. */
export const payloadConverter: PayloadConverter = new SurehookPayloadConverter();

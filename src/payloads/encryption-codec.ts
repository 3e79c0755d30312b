// Encrypts every payload for one workflow before it leaves the process: AES-256-GCM under the first key. Any known key
// decrypts, and only for that workflow.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { type Payload, type PayloadCodec, type SerializationContext, ValueError } from '@temporalio/common';
import { encode as bytes, decode as text } from '@temporalio/common/lib/encoding.js';
import proto from '@temporalio/proto';
import type { RefusalReason } from '../contracts/refused.ts';
import { BODY_MAX_BYTES, PACK_ASIDE_FROM_BYTES, pack, unpack } from './pack.ts';
import { isRawBody, toRefusedPayload } from './raw-body.ts';
import { type LoadedKey, loadKey, open, RandomIvs, repeatableIv, seal, signatureOf } from './seal.ts';
import { isVouchedFor, vouchersFor } from './vouchers.ts';

export interface EncryptionKey {
  /** The name of the key, which is stored in clear beside each payload. */
  id: string;
  /** 32 bytes. */
  key: Uint8Array;
}

/** The first key encrypts, every key decrypts. */
export type EncryptionKeys = readonly [EncryptionKey, ...EncryptionKey[]];

const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
/** Metadata: the workflow for which a payload is encrypted. In clear, as in Temporal, and authenticated. */
const WORKFLOW_ID = 'workflow-id';
/** Begins what GCM authenticates beside the content. Another format would begin with another text. */
const FORMAT = 'surehook-2';
/**
 * Metadata of a payload that passes from this process to itself, by way of the SDK, and so is not encrypted. Nobody else
 * knows the value, so nobody can send such a payload.
 */
const HERE = 'surehook-here';
const HERE_VALUE = randomBytes(16);
/** Metadata of a body over a megabyte: its size in bytes in clear. Once packed, the body may have a thousandth of it. */
const CLEAR_BYTES = 'clear-bytes';
/** A payload cannot be decrypted, because this process does not know its key, or is refused. */
export class DecryptionError extends ValueError {
  override readonly name = 'DecryptionError';
  /** undefined: the key is unknown, and somebody who has one of this process's keys has written the payload. */
  readonly reason: RefusalReason | undefined;

  constructor(message: string, reason?: RefusalReason) {
    super(message);
    this.reason = reason;
  }
}

/** The payloads of one request are larger in clear, together, than the caller can take. */
export class DecodedTooLargeError extends ValueError {
  override readonly name = 'DecodedTooLargeError';
}

const { Payload: PayloadProto } = proto.temporal.api.common.v1;

export class EncryptionCodec implements PayloadCodec {
  readonly #keys: ReadonlyMap<string, LoadedKey>;
  readonly #first: LoadedKey;
  readonly #others: readonly LoadedKey[];
  readonly #ivs = new RandomIvs();

  constructor(keys: EncryptionKeys) {
    const loaded = keys.map(({ id, key }) => loadKey(id, key));
    this.#first = loaded[0] as LoadedKey;
    this.#others = loaded.slice(1);
    this.#keys = new Map(loaded.map((key) => [key.id, key]));
  }

  /** Without a workflow in its context, a payload is for people: `reveal` decrypts it, and `decode` refuses it. */
  async encode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return await Promise.all(
      payloads.map((payload) =>
        isLocalBody(payload, context) ? passHere(payload) : this.#encrypt(payload, context?.workflowId),
      ),
    );
  }

  /**
   * Decrypts what was encrypted for the workflow of the context. In place of any other payload stands a refused one: an
   * error would make Temporal repeat the workflow task for ever, and one signal from a stranger would end the workflow.
   *
   * @throws DecryptionError if the key is unknown and vouched for by a known one, as while keys are changed: the task is
   *   repeated until the process has the key
   */
  async decode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return await Promise.all(
      payloads.map(async (payload) => {
        try {
          return fromHere(payload) ?? (await this.#decryptFor(payload, context?.workflowId));
        } catch (error) {
          if (!(error instanceof DecryptionError) || error.reason === undefined) throw error;
          return toRefusedPayload(error.reason, error.message);
        }
      }),
    );
  }

  /**
   * Decrypts one payload after the other for a person who reads, whatever workflow they are for. What is not encrypted
   * stays as it is. What would be over the limit is never in memory.
   *
   * @param load gives a payload as it is stored; references cost nothing until then
   * @throws DecodedTooLargeError, DecryptionError, or what `load` throws
   */
  async revealWithin(
    maxBytes: number,
    payloads: Payload[],
    load: (payload: Payload) => Promise<Payload>,
  ): Promise<Payload[]> {
    const decoded: Payload[] = [];
    let left = maxBytes;
    for (const given of payloads) {
      const payload = await load(given);
      const clear = isEncrypted(payload) ? await this.#decrypt(payload, left) : payload;
      left -= sizeOf(clear);
      if (left < 0) throw new DecodedTooLargeError('the payloads are too large together');
      decoded.push(clear);
    }
    return decoded;
  }

  /**
   * Decrypts for a person who reads, whatever workflow a payload is for. What is not encrypted stays as it is.
   *
   * @throws DecryptionError
   */
  async reveal(payloads: Payload[]): Promise<Payload[]> {
    return await Promise.all(
      payloads.map(async (payload) => (isEncrypted(payload) ? await this.#decrypt(payload) : payload)),
    );
  }

  /** Signs bytes that a client keeps and brings back. `isSigned` knows the signature of every process with the key. */
  sign(bytes: Uint8Array): Buffer {
    return signatureOf(this.#first, bytes);
  }

  isSigned(bytes: Uint8Array, signature: Uint8Array): boolean {
    return [...this.#keys.values()].some((key) => {
      const expected = signatureOf(key, bytes);
      return expected.length === signature.length && timingSafeEqual(expected, signature);
    });
  }

  async #decryptFor(payload: Payload, workflowId: string | undefined): Promise<Payload> {
    if (!isEncrypted(payload)) throw new DecryptionError('a payload is not encrypted', 'plain');
    const owner = ownerOf(payload);
    if (owner === '') throw new DecryptionError('a payload is not encrypted for any workflow', 'foreign');
    if (owner !== workflowId)
      throw new DecryptionError(`a payload is encrypted for another workflow, ${quote(owner)}`, 'foreign');
    return await this.#decrypt(payload);
  }

  async #encrypt(payload: Payload, workflowId = ''): Promise<Payload> {
    const { id, key, nonceKey } = this.#first;
    const clear = PayloadProto.encode(payload).finish();
    const content = await pack(clear);
    const isLargeBody = clear.length >= PACK_ASIDE_FROM_BYTES && isRawBody(payload);
    const added = authenticated(id, workflowId);
    const iv = isLargeBody ? repeatableIv(nonceKey, added, content) : this.#ivs.next();
    const metadata: Payload['metadata'] = { encoding: bytes(ENCODING), [KEY_ID]: bytes(id) };
    if (workflowId !== '') metadata[WORKFLOW_ID] = bytes(workflowId);
    if (isLargeBody) metadata[CLEAR_BYTES] = bytes(`${clear.length}`);
    const data = seal(key, iv, added, content);
    return { metadata: { ...metadata, ...vouchersFor(this.#others, added, data) }, data };
  }

  async #decrypt(payload: Payload, maxBytes = Number.POSITIVE_INFINITY): Promise<Payload> {
    const id = text(payload.metadata?.[KEY_ID] ?? new Uint8Array());
    const added = authenticated(id, ownerOf(payload));
    const key = this.#keys.get(id)?.key;
    if (key === undefined) {
      throw new DecryptionError(
        `a payload is encrypted under key ${quote(id)}, which SUREHOOK_ENCRYPTION_KEYS does not have`,
        isVouchedFor(this.#keys.values(), added, payload) ? undefined : 'unknown',
      );
    }
    try {
      return PayloadProto.decode(await unpack(open(key, added, payload.data ?? new Uint8Array()), maxBytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' && maxBytes < BODY_MAX_BYTES)
        throw new DecodedTooLargeError('the payloads are too large together');
      throw new DecryptionError(
        `a payload encrypted under key ${quote(id)} is damaged, or the key of that id is another one`,
        'damaged',
      );
    }
  }
}

/** What GCM authenticates beside the content. Neither a key id nor a workflow id holds a zero byte. */
function authenticated(keyId: string, workflowId: string): Buffer {
  return Buffer.from(`${FORMAT}\0${keyId}\0${workflowId}`);
}

/** The workflow for which a payload says that it is encrypted; empty if it is for none. */
function ownerOf({ metadata }: Payload): string {
  return text(metadata?.[WORKFLOW_ID] ?? new Uint8Array());
}

/** Strangers may have written these ids, which go into the log. */
function quote(id: string): string {
  return `'${id.replace(/[^ -~]/g, '?').slice(0, 255)}'`;
}

/** Marks a payload that stays in this process, so that `decode` accepts it as it is. */
export function passHere(payload: Payload): Payload {
  return { ...payload, metadata: { ...payload.metadata, [HERE]: HERE_VALUE } };
}

/** @returns the payload without its mark, if this process has marked it */
function fromHere(payload: Payload): Payload | undefined {
  const mark = payload.metadata?.[HERE];
  if (!mark || !HERE_VALUE.equals(mark)) return undefined;
  const { [HERE]: _mark, ...metadata } = payload.metadata ?? {};
  return { ...payload, metadata };
}

function sizeOf({ metadata, data }: Payload): number {
  return Object.values(metadata ?? {}).reduce((sum, value) => sum + value.length, data?.length ?? 0);
}

/** Whether an encrypted payload is a body that takes over a megabyte of memory once it is decrypted. */
export function isLarge({ metadata }: Payload): boolean {
  return metadata?.[CLEAR_BYTES] !== undefined;
}

/** A local activity gets its body in clear from the workflow in this process. Only the activity's result is stored. */
function isLocalBody(payload: Payload, context: SerializationContext | undefined): boolean {
  return context?.type === 'activity' && context.isLocal && isRawBody(payload);
}

function isEncrypted({ metadata }: Payload): boolean {
  return metadata?.encoding !== undefined && text(metadata.encoding) === ENCODING;
}

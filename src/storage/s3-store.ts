// Keeps objects in a bucket of S3, or of a store that speaks its protocol.
import type { S3Client } from '@aws-sdk/client-s3';
import type { ObjectStore } from './object-store.ts';

export interface S3Place {
  bucket: string;
  /** Stands before each key. It is empty, or ends with a slash. */
  prefix: string;
  /** The URL of a store that is not Amazon's. */
  endpoint?: string | undefined;
  region?: string | undefined;
}

/** A server that never answers must not use up the time of the whole operation. */
const CONNECT_WITHIN_MS = 1_000;
const HEAD_WITHIN_MS = 10_000;

type Sdk = typeof import('@aws-sdk/client-s3');

export class S3Store implements ObjectStore {
  readonly name: string;
  readonly #place: S3Place;
  #loaded: Promise<{ sdk: Sdk; client: S3Client }> | undefined;

  constructor(place: S3Place) {
    this.#place = place;
    this.name = `s3://${place.bucket}/${place.prefix}`;
  }

  async check(): Promise<void> {
    const { sdk, client } = await this.#load();
    const abortSignal = AbortSignal.timeout(HEAD_WITHIN_MS);
    try {
      await client.send(new sdk.HeadBucketCommand({ Bucket: this.#place.bucket }), { abortSignal });
    } catch (error) {
      throw new Error(reasonOf(error), { cause: error });
    }
  }

  async put(key: string, bytes: Uint8Array, abortSignal: AbortSignal): Promise<void> {
    const { sdk, client } = await this.#load();
    await client.send(new sdk.PutObjectCommand({ ...this.#at(key), Body: bytes }), { abortSignal });
  }

  async get(key: string, abortSignal: AbortSignal): Promise<Uint8Array | undefined> {
    const { sdk, client } = await this.#load();
    try {
      const { Body } = await client.send(new sdk.GetObjectCommand(this.#at(key)), { abortSignal });
      return await Body?.transformToByteArray();
    } catch (error) {
      if (error instanceof sdk.NoSuchKey) return undefined;
      throw error;
    }
  }

  #at(key: string) {
    return { Bucket: this.#place.bucket, Key: this.#place.prefix + key };
  }

  /** Loads the SDK at its first use, so that a process without this store does not load it. */
  async #load() {
    this.#loaded ??= import('@aws-sdk/client-s3').then((sdk) => ({ sdk, client: this.#connect(sdk) }));
    return await this.#loaded;
  }

  #connect(sdk: Sdk): S3Client {
    const { endpoint, region } = this.#place;
    return new sdk.S3Client({
      ...(region ? { region } : endpoint ? { region: 'us-east-1' } : {}),
      ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
      // Our keys contain digests that are checked at each read. Not every store knows the SDK's own checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: 2,
      requestHandler: { connectionTimeout: CONNECT_WITHIN_MS },
    });
  }
}

function reasonOf(error: unknown): string {
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  if (status === 404) return 'there is no such bucket';
  if (status === 403) return 'access is denied: the credentials must be right, and allow s3:ListBucket';
  if (status === 301) return 'the bucket is in another region';
  return message && message !== 'UnknownError' ? message : name;
}

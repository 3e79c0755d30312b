// Parses SUREHOOK_STORAGE: `disk:/path`, or `s3://bucket/prefix?endpoint=…&region=…`.
import { z } from 'zod';

export type StoragePlace =
  | { kind: 'disk'; path: string }
  | {
      kind: 's3';
      bucket: string;
      /** Empty, or ends with a slash. */
      prefix: string;
      endpoint: string | undefined;
      region: string | undefined;
    };

const HOW = 'expected disk:/path or s3://bucket/prefix?endpoint=https://…&region=…';
/** Amazon's rule for the names of buckets; other stores do not allow more. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PREFIX = /^(?!\.)[A-Za-z0-9._-]+(\/(?!\.)[A-Za-z0-9._-]+)*$/;

export const storagePlaceSchema = z.string().transform((text, context): StoragePlace => {
  const place = toDisk(text) ?? toS3(text);
  if (place) return place;
  context.addIssue({ code: 'custom', message: HOW });
  return z.NEVER;
});

function toDisk(text: string): StoragePlace | undefined {
  const path = /^disk:(.+)$/.exec(text)?.[1];
  return path ? { kind: 'disk', path } : undefined;
}

/** The URL has no place for credentials: they come from the environment, or from the role of the machine. */
function toS3(text: string): StoragePlace | undefined {
  const [, bucket = '', path = '', query = ''] =
    /^s3:\/\/([^/?#]+)\/?([^?#]*)(?:\?([^#]*))?$/.exec(text) ?? [];
  const { endpoint, region, ...others } = Object.fromEntries(new URLSearchParams(query));
  const prefix = path.replace(/\/$/, '');
  if (!BUCKET.test(bucket) || (prefix && !PREFIX.test(prefix)) || Object.keys(others).length > 0)
    return undefined;
  if (endpoint !== undefined && !z.url({ protocol: /^https?$/ }).safeParse(endpoint).success)
    return undefined;
  return { kind: 's3', bucket, prefix: prefix && `${prefix}/`, endpoint, region };
}

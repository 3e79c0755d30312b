// The keys of a chaos run: Surehook encrypts and signs with them, and the run itself decrypts and verifies.
import { EncryptionCodec } from '../src/payloads/encryption-codec.ts';
import { createDataConverter } from '../src/temporal/data-converter.ts';

const key = Buffer.alloc(32, 'chaos');
export const ENCRYPTION_KEYS = `chaos:${key.toString('base64')}`;
export const ENDPOINT_SECRET = `whsec_${key.toString('base64')}`;
export const DATA_CONVERTER = createDataConverter(new EncryptionCodec([{ id: 'chaos', key }]));

// The encryption key of a chaos run: Surehook encrypts with it, and the run itself reads Temporal's payloads with it.
import { EncryptionCodec } from '../src/payloads/encryption-codec.ts';
import { createDataConverter } from '../src/temporal/data-converter.ts';

const key = Buffer.alloc(32, 'chaos');
export const ENCRYPTION_KEYS = `chaos:${key.toString('base64')}`;
export const DATA_CONVERTER = createDataConverter(new EncryptionCodec([{ id: 'chaos', key }]));

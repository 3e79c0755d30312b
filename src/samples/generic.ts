// Samples of senders of one's own. Id and type stand where the source looks for them.
import type { SamplesByScheme } from './sample.ts';

const PLAIN = [{ name: 'test.created', json: { data: { hello: 'world' } } }];

export const GENERIC_SAMPLES: SamplesByScheme = { hmac: PLAIN, standard: PLAIN, svix: PLAIN };

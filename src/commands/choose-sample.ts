// Chooses which sample of a provider a command sends for a source, and lists those that there are.
import { keyForType, type SourceConfig } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Sample } from '../samples/sample.ts';
import { samplesOf, typeOfSample } from '../samples/samples-of.ts';
import { table } from './text.ts';

/** The first sample with whose type the source does something of its own, else the first one. */
export function defaultSample(source: SourceConfig): Sample | undefined {
  const samples = samplesOf(source.verify.scheme);
  return samples.find((sample) => hasOwnStep(source, typeOfSample(sample))) ?? samples[0];
}

function hasOwnStep({ handlers, forwardTo }: SourceConfig, type: string): boolean {
  return [handlers, forwardTo].some((keys) => !['*', undefined].includes(keyForType(keys, type)));
}

/** @returns undefined if there is no sample with events of this type */
export function sampleOfType({ verify }: SourceConfig, type: string): Sample | undefined {
  return samplesOf(verify.scheme).find((sample) => sample.name === type || typeOfSample(sample) === type);
}

/** @throws ConfigError that names the samples that there are */
export function sampleByName({ verify }: SourceConfig, name: string): Sample {
  const samples = samplesOf(verify.scheme);
  const found = samples.find((sample) => sample.name === name);
  if (found) return found;
  const names = samples.map((sample) => `'${sample.name}'`).join(', ');
  throw new ConfigError(
    names === ''
      ? `--sample: the scheme '${verify.scheme}' has no samples; send a body of your own with --file`
      : `--sample: the scheme '${verify.scheme}' has no sample '${name}'; it has: ${names}`,
  );
}

export function listSamples({ verify }: SourceConfig, asJson = false): string {
  const samples = samplesOf(verify.scheme);
  if (asJson) return JSON.stringify(samples.map(toView), null, 2);
  if (samples.length === 0)
    return `The scheme '${verify.scheme}' has no samples. Send a body of your own with --file.`;
  const rows = samples.map((sample) => {
    const { content_type, body } = toView(sample);
    const bytes = Buffer.byteLength(typeof body === 'string' ? body : JSON.stringify(body));
    return [sample.name, typeOfSample(sample), content_type, `${bytes} bytes`];
  });
  return table(['SAMPLE', 'TYPE', 'CONTENT TYPE', 'BODY'], rows);
}

function toView(sample: Sample) {
  const { name, headers = {}, form, json } = sample;
  return {
    name,
    type: typeOfSample(sample),
    content_type: form ? 'application/x-www-form-urlencoded' : 'application/json',
    headers,
    body: form ? new URLSearchParams(form).toString() : json,
  };
}

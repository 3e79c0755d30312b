// Chooses which sample of a provider a command sends for a source, and lists those that there are.
import { keyForType, type SourceConfig } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Sample } from '../samples/sample.ts';
import { samplesOf, typeOfSample } from '../samples/samples-of.ts';
import { EventDraft, slotsOf } from './event-draft.ts';
import { MADE_UP_TYPE } from './event-places.ts';
import { table } from './text.ts';

/** The name of the sample that the config gives a source. */
const OWN = 'own';

/** The source's own sample, then those of its provider. */
function samplesFor(source: SourceConfig): readonly Sample[] {
  const samples = samplesOf(source.verify.scheme);
  return source.sample === undefined ? samples : [toOwnSample(source, samples), ...samples];
}

function toOwnSample(source: SourceConfig, samples: readonly Sample[]): Sample {
  // What a provider sends beside the body, such as the version of its interface, does not depend on the body.
  const like = handledAmong(source, samples);
  const { headers = {}, sentAtMs } = like ?? {};
  const draft = new EventDraft({ json: source.sample }, headers);
  const types = source.eventType.flatMap(slotsOf).map((slot) => draft.valueAt(slot));
  return {
    name: OWN,
    type: String(types.find((type) => type !== undefined) ?? (like ? typeOfSample(like) : MADE_UP_TYPE)),
    headers,
    json: source.sample,
    ...(sentAtMs ? { sentAtMs } : {}),
  };
}

/** A source that takes bodies of one kind only takes no sample of another. */
function fits({ body }: SourceConfig, { form }: Sample): boolean {
  return body === undefined || body === (form ? 'form' : 'json');
}

/** The source's own sample; else the first with whose type the source does something of its own, or the first of all. */
export function defaultSample(source: SourceConfig): Sample | undefined {
  const samples = samplesFor(source).filter((sample) => fits(source, sample));
  return source.sample === undefined ? handledAmong(source, samples) : samples[0];
}

function handledAmong(source: SourceConfig, samples: readonly Sample[]): Sample | undefined {
  return samples.find((sample) => hasOwnStep(source, typeOfSample(sample))) ?? samples[0];
}

function hasOwnStep({ handlers, forwardTo }: SourceConfig, type: string): boolean {
  return [handlers, forwardTo].some((keys) => !['*', undefined].includes(keyForType(keys, type)));
}

/** @returns undefined if there is no sample with events of this type */
export function sampleOfType(source: SourceConfig, type: string): Sample | undefined {
  // A source with a sample of its own may take no other shape.
  if (source.sample !== undefined) return defaultSample(source);
  return samplesFor(source).find((sample) => sample.name === type || typeOfSample(sample) === type);
}

/** @throws ConfigError that names the samples that there are */
export function sampleByName(source: SourceConfig, name: string): Sample {
  const { scheme } = source.verify;
  const samples = samplesFor(source);
  const found = samples.find((sample) => sample.name === name);
  if (found) return found;
  const names = samples.map((sample) => `'${sample.name}'`).join(', ');
  throw new ConfigError(
    names === ''
      ? `--sample: the scheme '${scheme}' has no samples; send a body of your own with --file`
      : `--sample: the scheme '${scheme}' has no sample '${name}'; it has: ${names}`,
  );
}

export function listSamples(source: SourceConfig, asJson = false): string {
  const samples = samplesFor(source);
  if (asJson) return JSON.stringify(samples.map(toView), null, 2);
  if (samples.length === 0)
    return `The scheme '${source.verify.scheme}' has no samples. Send a body of your own with --file.`;
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

// The samples of every scheme that has some.
import type { SchemeName } from '../signatures/index.ts';
import { BUSINESS_SAMPLES } from './business.ts';
import { DEVELOPER_SAMPLES } from './developer.ts';
import { GENERIC_SAMPLES } from './generic.ts';
import { GITHUB_SAMPLES } from './github.ts';
import { GITLAB_SAMPLES } from './gitlab.ts';
import { MAIL_SAMPLES } from './mail.ts';
import { MESSAGING_SAMPLES } from './messaging.ts';
import { PAYMENT_SAMPLES } from './payments.ts';
import type { Sample, SamplesByScheme } from './sample.ts';
import { SHOPIFY_SAMPLES } from './shopify.ts';
import { SLACK_SAMPLES } from './slack.ts';
import { STRIPE_SAMPLES } from './stripe.ts';
import { TWILIO_SAMPLES } from './twilio.ts';

const SAMPLES: SamplesByScheme = {
  ...GENERIC_SAMPLES,
  ...STRIPE_SAMPLES,
  ...GITHUB_SAMPLES,
  ...GITLAB_SAMPLES,
  ...SHOPIFY_SAMPLES,
  ...SLACK_SAMPLES,
  ...TWILIO_SAMPLES,
  ...MAIL_SAMPLES,
  ...PAYMENT_SAMPLES,
  ...DEVELOPER_SAMPLES,
  ...MESSAGING_SAMPLES,
  ...BUSINESS_SAMPLES,
};

export const SAMPLED_SCHEMES: readonly SchemeName[] = Object.keys(SAMPLES) as SchemeName[];

/** @returns none for a scheme without samples */
export function samplesOf(scheme: SchemeName): readonly Sample[] {
  return SAMPLES[scheme] ?? [];
}

/** The type that Surehook finds in a sample. */
export function typeOfSample({ name, type = name }: Sample): string {
  return type;
}

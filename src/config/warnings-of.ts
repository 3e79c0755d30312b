// What `config check` warns of: a config that can be used, and lets a stranger do more than its author may think.
import { findScheme, type Place, unsignedPlaces } from '../signatures/index.ts';
import { type Config, type Locator, placeText, type SourceConfig } from './config.ts';

export function warningsOf({ sources, warnings }: Pick<Config, 'sources' | 'warnings'>): string[] {
  const ids = [...sources.values()].flatMap(({ name, verify: { scheme, secrets: _, ...options }, eventId }) =>
    unsignedPlaces(scheme, eventId.map(toPlace), options).map(
      (place) =>
        `sources.${name}.eventId: ${scheme} does not sign ${place}: whoever has one signed request can send it again as another event`,
    ),
  );
  const topics = [...sources.values()].flatMap(({ name, verify: { scheme, topicArns } }) =>
    scheme === 'aws-sns' && topicArns === undefined
      ? [
          `sources.${name}.verify: without topicArns, everybody with an account of AWS can send events from a topic of their own`,
        ]
      : [],
  );
  return [...warnings, ...ids, ...topics, ...[...sources.values()].flatMap(ofScheme)];
}

function ofScheme({ name, verify, verifyToken }: SourceConfig): string[] {
  const { caution, handshake } = findScheme(verify.scheme, verify);
  const at = `sources.${name}.verify`;
  return [
    ...(caution ? [`${at}: ${caution}: whoever has one signed request can change the rest of it`] : []),
    ...(handshake?.needsToken && verifyToken === undefined
      ? [
          `${at}: without verifyToken, the handshake of ${verify.scheme} is refused: set it to the token that you give there`,
        ]
      : []),
  ];
}

function toPlace(locator: Locator): Place {
  if (locator.in === 'join') return { join: locator.places.map(toPlace) };
  return locator.in === 'digest' ? { digest: locator.places.map(toPlace) } : placeText(locator);
}

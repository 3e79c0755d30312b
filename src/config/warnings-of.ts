// What `config check` warns of: a config that can be used, and lets a stranger do more than its author may think.
import { unsignedPlaces } from '../signatures/index.ts';
import type { Config, Locator } from './config.ts';

export function warningsOf({ sources, warnings }: Pick<Config, 'sources' | 'warnings'>): string[] {
  const ids = [...sources.values()].flatMap(({ name, verify: { scheme }, eventId }) =>
    unsignedPlaces(scheme, eventId.map(toText)).map(
      (place) =>
        `sources.${name}.eventId: ${scheme} does not sign ${place}: whoever has one signed request can send it again as another event`,
    ),
  );
  return [...warnings, ...ids];
}

const toText = (place: Locator) =>
  place.in === 'header' ? `header.${place.name}` : `body.${place.path.join('.')}`;

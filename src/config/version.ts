// The version of this package.
import { createRequire } from 'node:module';

/** The path is the same from `src` and from `dist`; npm packs package.json whatever `files` says. */
export const { version: VERSION } = createRequire(import.meta.url)('../../package.json') as {
  version: string;
};

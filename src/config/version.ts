// The version of this package.
import { createRequire } from 'node:module';

/** The path is the same from `src` and `dist`. npm packs package.json although `files` does not list it. */
export const { version: VERSION } = createRequire(import.meta.url)('../../package.json') as {
  version: string;
};

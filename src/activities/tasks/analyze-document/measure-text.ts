// Counts what a document has, and guesses its language.
import type { DocumentFormat, DocumentText } from './document.ts';
import { findClauses } from './find-clauses.ts';
import { splitSentences } from './split-sentences.ts';
import { splitWords } from './split-words.ts';

/** Words a minute of a grown-up who reads silently: Brysbaert's mean over 190 studies (2019). */
const READ_WORDS_PER_MINUTE = 238;
/** Fewer known words than this share of all: the language is none of those that are known. */
const LANGUAGE_MIN_SHARE = 0.08;
/** So many words tell a language. */
const LANGUAGE_WORDS = 5_000;

/** The most frequent words of a language that others of the list do not have as such. */
const FREQUENT: Readonly<Record<string, string>> = {
  en: 'the of and to in that is for shall with be by or this any as',
  de: 'der die und das den von zu mit sich des auf für ist im dem nicht ein eine',
  fr: 'le la les des et est que pour dans une du par sur au pas qui aux',
  es: 'el los las que y en un una por con para del se su al lo',
  it: 'il di che la un per una con della del gli sono nel alla dei e',
  nl: 'de het een van en dat op te zijn voor met niet aan er door',
  pt: 'o os as que em um uma para com não do da dos se por ao',
};

export interface TextStatistics {
  format: DocumentFormat;
  /** null where the format has no pages. */
  pages: number | null;
  paragraphs: number;
  headings: number;
  sentences: number;
  words: number;
  characters: number;
  /** ISO 639-1; null where no known language fits. */
  language: string | null;
  reading_minutes: number;
}

export function measureText(document: DocumentText): TextStatistics {
  const words = document.blocks.flatMap(({ text }) => splitWords(text));
  const headings = findClauses(document.blocks).filter(({ isHeading }) => isHeading).length;
  return {
    format: document.format,
    pages: document.pages,
    paragraphs: document.blocks.length - headings,
    headings,
    sentences: document.blocks.reduce((sum, { text }) => sum + splitSentences(text).length, 0),
    words: words.length,
    characters: document.blocks.reduce((sum, { text }) => sum + text.length, 0),
    language: guessLanguage(words.slice(0, LANGUAGE_WORDS)),
    reading_minutes: Math.max(1, Math.round(words.length / READ_WORDS_PER_MINUTE)),
  };
}

function guessLanguage(words: readonly string[]): string | null {
  let best: { language: string | null; share: number } = { language: null, share: LANGUAGE_MIN_SHARE };
  for (const [language, list] of Object.entries(FREQUENT)) {
    const frequent = new Set(list.split(' '));
    const share = words.filter((word) => frequent.has(word)).length / Math.max(1, words.length);
    if (share > best.share) best = { language, share };
  }
  return best.language;
}

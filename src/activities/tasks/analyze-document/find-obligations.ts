// Finds who must do what: sentences with a subject and a verb of duty.
import type { DocumentText } from './document.ts';
import { findClauses } from './find-clauses.ts';
import { splitSentences } from './split-sentences.ts';

export interface Obligation {
  /** As the sentence names it, such as `Customer` or `each party`; null where it names nobody. */
  party: string | null;
  duty: 'must' | 'must not';
  /** The sentence as it stands in the document, with white space folded. */
  text: string;
  clause: string;
  heading: string;
  page: number | null;
}

/** Nobody reads more, and a result must stay small: `fitResult` cuts what is still too large. */
const OBLIGATIONS_MAX = 400;
const TEXT_MAX_CHARS = 1_200;
const PARTY_MAX_CHARS = 80;

const DUTY =
  /\b(shall not|must not|may not|will not|agrees? not to|covenants? not to|undertakes? not to|is prohibited from|shall|must|agrees? to|is (?:required|obliged|obligated) to|are (?:required|obliged|obligated) to|undertakes? to|covenants? to|is responsible for|are responsible for|will|may)\b/gi;
/** Things and papers have no duties: what is said of them is a rule of the contract. */
const NO_PARTY =
  /\b(agreement|section|article|clause|provisions?|terms?|exhibit|schedule|notices?|notification|payments?|fees?|royalt(?:y|ies)|amounts?|prices?|waiver|failure|title|risk|warrant(?:y|ies)|license|rights?|liability|obligations?|dispute|it is|there|this|nothing|termination|assignment|consent|headings?|amendment|invoices?|products?|services?|information|date|period|laws?)$/i;
const LEAD =
  /^.*?(?:,|;|:|\bthat\b|\band\b(?=\s+(?:the|each|either|neither|\p{Lu})))\s*(?=(?:the |each |either |neither |both |any |no )?(?:\p{Lu}|part(?:y|ies)\b))/u;

export function findObligations(document: DocumentText): Obligation[] {
  const found: Obligation[] = [];
  for (const { body, number, heading, page, isHeading } of findClauses(document.blocks)) {
    if (isHeading) continue;
    for (const sentence of splitSentences(body)) {
      const duty = readDuty(sentence);
      if (duty === undefined) continue;
      found.push({ ...duty, text: sentence.slice(0, TEXT_MAX_CHARS), clause: number, heading, page });
      if (found.length === OBLIGATIONS_MAX) return found;
    }
  }
  return found;
}

/** The first verb of duty whose subject is someone. */
function readDuty(sentence: string): Pick<Obligation, 'party' | 'duty'> | undefined {
  for (const match of sentence.matchAll(DUTY)) {
    const verb = match[0].toLowerCase();
    const party = partyOf(sentence.slice(0, match.index));
    const isNobody = /^(?:neither|no|none)\b/i.test(party ?? '');
    if (party === undefined || (verb === 'may' && !isNobody)) continue;
    // "The term will begin" says no duty; "must be paid" does, of nobody.
    if (party === null && /^(?:will|shall|may)/.test(verb)) continue;
    return { party, duty: isNobody || /\bnot\b|prohibited/.test(verb) ? 'must not' : 'must' };
  }
  return undefined;
}

/** @returns undefined where the subject is a thing, null where there is none */
function partyOf(before: string): string | null | undefined {
  let subject = before.trim().replace(/["“”]/g, '');
  for (let lead = LEAD.exec(subject); lead !== null && lead[0] !== ''; lead = LEAD.exec(subject))
    subject = subject.slice(lead[0].length);
  subject = subject
    .replace(/^(?:\([a-z\d]+\)|and|or|but|then|therefore)\s+/i, '')
    .replace(/[,;]?\s*(hereby|also|further|each|both|either|at its own expense)?[,\s]*$/i, '');
  if (subject === '') return null;
  if (NO_PARTY.test(subject) || subject.length > PARTY_MAX_CHARS) return undefined;
  if (/\b(?:that|which)\b/.test(subject)) return undefined; // a thing, and what is said of it
  const isNamed = /\p{Lu}/u.test(subject) || /\bpart(y|ies)\b/i.test(subject);
  return isNamed ? subject : undefined;
}

// What speaks against a sentence that has a cue of ip-cues.ts, and the headings that speak for one or against it.
import type { IpKind } from './ip-cues.ts';

export interface IpCounterCue {
  weight: number;
  pattern: RegExp;
  /** The kinds that it speaks against; all of them where there is none. */
  against?: readonly IpKind[];
}

const LICENSES: readonly IpKind[] = [
  'license grant',
  'permitted use',
  'non-transferable license',
  'affiliate license',
  'unlimited license',
  'irrevocable or perpetual license',
];

export const IP_COUNTER_CUES: readonly IpCounterCue[] = [
  // How a mark is to be used, where it may be.
  {
    weight: 1,
    pattern:
      /\b(?:only|solely|exactly|strictly) (?:in|with|as)\b.{0,40}\b(?:forms?|manner|style|accordance|approved|guidelines|instructions|specifications)\b/,
    against: ['permitted use'],
  },
  {
    weight: 3,
    pattern: /\bindemnif|\bhold (?:\w+ ){0,4}harmless\b|\bdefend\b.{0,60}\b(?:claim|action|suit)/,
  },
  { weight: 1.5, pattern: /\b(?:represents?|warrants?|representations?|warranties)\b/ },
  {
    weight: 2,
    pattern:
      /\b(?:right|power|authority)(?:s|,| and \w+)? to (?:grant|license|enter)\b|\b(?:has|have) (?:previously|already) (?:granted|licensed)\b/,
  },
  {
    weight: 3,
    pattern:
      /\b(?:no|neither|without any|nothing)\b.{0,100}\b(?:implied license|licen[sc]e|rights? (?:is|are)|granted|construed|grants?)\b/,
    against: LICENSES,
  },
  {
    weight: 2,
    pattern:
      /\bnot\b(?! (?:limited|only)).{0,80}\b(?:grant|provide|convey|transfer|give|sub-?licen[sc]e)|^[^:]{2,40} shall: .{0,20}\bnot\b/,
    against: ['license grant', 'ownership assignment'],
  },
  {
    weight: 1.5,
    pattern:
      /\b(?:(?:may|shall|will|must) not|(?:neither|no) party (?:may|shall|will)|not to|without .{0,40}consent)\b.{0,30}\b(?:use|copy|reproduce|display)\b/,
    against: ['permitted use'],
  },
  {
    weight: 2.5,
    pattern:
      /\b(?:assign|transfer)\w*\b.{0,60}\b(?:this|the|such) (?:agreement|contract)\b|\bagreement\b.{0,60}\b(?:assigned|assignable|transferred)\b/,
    against: ['ownership assignment', 'non-transferable license', 'affiliate license'],
  },
  {
    weight: 2,
    pattern:
      /\btitle\b.{0,15}\b(?:to|in) (?:the |all |any )?(?:products?|goods|equipment|units?|premises|inventory|facilities)\b|\brisk of loss\b/,
    against: ['ownership assignment'],
  },
  {
    weight: 3,
    pattern:
      /\blicenses? (?:and|or|,)? ?(?:permits?|approvals?|consents?|registrations?)\b|\b(?:permits?|approvals?|consents?|governmental?|regulatory|business|driver'?s|liquor|import|export|necessary)\b.{0,15}\blicen[sc]es?\b|\b(?:duly|properly|validly) .{0,20}\blicensed\b|\blicensed to (?:do|conduct|practi[cs]e|engage|transact|operate)\b/,
    against: LICENSES,
  },
  {
    weight: 3,
    pattern:
      /\b(?:use|access|access to) (?:of )?(?:the |its |such |any |certain )?(?:\w+ )?(?:premises|facilit(?:y|ies)|equipment|office|space|tickets?|suites?|seats?|parking|stadium|booths?|records|books)\b/,
    against: LICENSES,
  },
  {
    weight: 1.5,
    pattern:
      /\b(?:invoices?|payable|payments?|fees? (?:is|are|shall|for|of)|royalty (?:rate|payment|report)s?|late charge)\b/,
    against: LICENSES,
  },
  {
    weight: 2,
    pattern:
      /^(?:\(?[\w.]{1,5}[.)] )?["'(]?[\w -]{2,60}["')]* (?:means?|shall mean|has the meaning|refers to|shall refer)\b/,
  },
  {
    weight: 1.5,
    pattern:
      /\b(?:confidential information|confidentiality|non-?disclosure|disclosing party|receiving party)\b/,
  },
  {
    weight: 2,
    pattern:
      /\b(?:upon|after|following|in the event of) (?:the |any )?(?:expiration|termination)\b.{0,160}\b(?:cease|return|destroy|discontinue|terminate|revert)/,
  },
  {
    weight: 2,
    pattern:
      /\binfring\w*\b.{0,120}\b(?:claim|action|notify|notice|third part)|\b(?:claim|action|suit)\b.{0,80}\binfring/,
    against: ['license grant', 'permitted use', 'ownership assignment', 'joint ownership'],
  },
  {
    weight: 2,
    pattern:
      /\b(?:does|do|shall|will) not infring|\bnot (?:be )?(?:deemed )?(?:a )?(?:infring|misappropriat|violat)/,
    against: ['covenant not to challenge'],
  },
  {
    weight: 3,
    pattern: /\bjoint(?:ly)? and several|\bjoint venture|\bjoint liabilit/,
    against: ['joint ownership'],
  },
  {
    weight: 3,
    pattern:
      /\birrevocabl[ey]\b.{0,60}\b(?:submit|consent|jurisdiction|waive|appoint|instruct|commit|letter|offer)/,
    against: ['irrevocable or perpetual license'],
  },
  {
    weight: 3,
    pattern: /\bescrow (?:account|fund|amount)s?\b|\bpurchase price\b/,
    against: ['source code escrow'],
  },
  { weight: 2, pattern: /\breverse[- ]?engineer|\bde-?compil|\bdisassembl/, against: ['source code escrow'] },
  { weight: 1.5, pattern: /^whereas\b/ },
  {
    weight: 2,
    pattern:
      /\b(?:security interest|right of first (?:refusal|offer|negotiation)|stock|shares (?:of|in)|option to (?:purchase|acquire|renew|extend))\b/,
  },
];

/** Headings that make it likelier that a sentence under them is about intellectual property. */
export const IP_HEADING =
  /\b(?:licen[sc]e[sd]?|licensing|intellectual|proprietary|ownership|trade-? ?marks?|service marks?|copyrights?|patents?|escrow|work product|inventions?|grant|rights granted|title|marks|use of names?|branding|goodwill|work for hire)\b/;
/** Headings under which a bare statement of ownership is what the reader looks for. */
export const OWNERSHIP_HEADING =
  /^(?:intellectual property(?: rights| ownership)?|proprietary rights|ownership(?: of .{3,40})?|(?:rights|title) in .{3,40})$/;
/** Headings that make it less likely. */
export const OTHER_HEADING =
  /\b(?:indemni\w*|confidential\w*|warrant\w*|representation\w*|definitions?|payments?|fees?|termination|insurance|assignment|notices?|liabilit\w*|governing law|miscellaneous|taxes|force majeure|publicity)\b/;

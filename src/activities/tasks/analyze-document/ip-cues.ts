// The cues by which a sentence of a contract is told to be about intellectual property, with a weight each.

/** The kinds of clause that are looked for, as a client reads them. */
export type IpKind =
  | 'license grant'
  | 'permitted use'
  | 'ownership assignment'
  | 'work made for hire'
  | 'joint ownership'
  | 'non-transferable license'
  | 'affiliate license'
  | 'unlimited license'
  | 'irrevocable or perpetual license'
  | 'source code escrow'
  | 'covenant not to challenge';

export interface IpCue {
  kind: IpKind;
  /** What a client reads as the reason. */
  says: string;
  /** A sentence is taken from `TAKEN_FROM` on: 3 by itself, 2 with a heading or a second cue that speaks for it. */
  weight: number;
  pattern: RegExp;
  /** Patterns that the sentence must have, too. */
  needs?: readonly RegExp[];
}

export interface IpCounterCue {
  weight: number;
  pattern: RegExp;
  /** The kinds that it speaks against; all of them where there is none. */
  against?: readonly IpKind[];
}

const MARKS =
  '(?:trade-? ?marks?|service ?marks?|marks?|trade ?-?names?|names?|logos?|symbols?|slogans?|designs?|likeness|identification|brands?|domain names?|insignia|indicia)';
const RIGHTS =
  '(?:intellectual property|industrial property|patents?|copyrights?|know-?how|trade secrets?|moral rights|inventions?|proprietary rights)';
const WORKS =
  '(?:software|programs?|source codes?|object codes?|codes?|technolog(?:y|ies)|documentation|works?|work product|deliverables?|materials?|content|recordings?|photographs?|images?|data|databases?|developments?|improvements?|modifications?|enhancements?|derivative works?|adaptations?|results?|discover(?:y|ies)|ideas|processes|formula[es]?|artwork|creative|web ?sites?|platform|system|application|tools|portal)';
const ANY_IP = `(?:${RIGHTS}|${MARKS}|${WORKS})`;
const LICENSE = '(?:sub-?)?licen[sc]e[sd]?';
const USE =
  '(?:use|utili[sz]e|display|reproduce|copy|publish|modify|adapt|distribute|sub-?license|exploit|practi[cs]e|perform|transmit|broadcast|incorporate|embed|co-?brand|market|promote|sell|resell|manufacture|make|access|install|advertise|host|translate|create derivative)';
const GRANT =
  '(?:(?:here?by|does|do|shall|will|agrees? to|also|further) ){0,3}(?:irrevocably |perpetually )?(?:grants?|granted|gives?|extends?|confers?|licenses|allows?|permits?|authori[sz]es?)';

const re = (source: string) => new RegExp(source, 'i');
const IP = re(`\\b${ANY_IP}\\b`);
const STRONG_IP = re(
  `\\b(?:${RIGHTS}|trade-? ?marks?|service ?marks?|trade ?-?names?|logos?|software|source code|technology|documentation|work product|marks)\\b`,
);

/** Patterns are held against text in small letters, with straight quotes and without hyphens at the ends of lines. */
export const IP_CUES: readonly IpCue[] = [
  // ── license grant
  {
    kind: 'license grant',
    says: 'grants a license',
    weight: 3,
    pattern: re(`\\b${GRANT}\\b.{0,260}?\\b${LICENSE}\\b.{0,80}\\b(?:to|for|under|of|in|solely|during)\\b`),
    needs: [re(`\\bgrant|\\bgives?\\b|\\blicenses\\b|\\bextends?\\b`)],
  },
  {
    kind: 'license grant',
    says: 'grants a right to use',
    weight: 3,
    pattern: re(
      `\\b(?:grants?|granted|gives?|granting|conveys?)\\b.{0,200}?\\b(?:rights?|permission|authority|privilege|authori[sz]ation)\\b.{0,120}?\\b(?:to|of)\\b.{0,60}?\\b(?:${USE}|using)\\b`,
    ),
  },
  {
    kind: 'license grant',
    says: 'grants distribution or license rights',
    weight: 3,
    pattern: re(
      `\\bhere?by grants?\\b.{0,200}\\b(?:distribution|license|marketing|exploitation|exclusive) rights?\\b`,
    ),
  },
  {
    kind: 'license grant',
    says: 'licenses something',
    weight: 3,
    pattern: re(
      `\\b(?:is|are|be|been) (?:hereby )?(?:exclusively |non-?exclusively )?licensed (?:to|for|by|under|hereunder)\\b`,
    ),
  },
  {
    kind: 'license grant',
    says: 'licenses something',
    weight: 3,
    pattern: re(`\\bhere?by (?:exclusively )?licenses?\\b`),
  },
  {
    kind: 'license grant',
    says: 'names a license and its terms',
    weight: 2,
    pattern: re(
      `\\b(?:non-?exclusive|exclusive|royalty-?free|worldwide|world-wide|limited|fully[- ]paid(?:-up)?|sub-?licensable)\\b.{0,60}\\b(?:sub-?)?licen[sc]es?\\b`,
    ),
  },
  {
    kind: 'license grant',
    says: 'holds exclusive rights to exploit',
    weight: 3,
    pattern: re(
      `\\b(?:hold|have|has|holds|retains?|receive|obtains?|acquires?)\\b.{0,20}\\b(?:sole|exclusive|nonexclusive|non-exclusive|worldwide|world-wide)\\b.{0,40}\\brights?\\b.{0,20}\\bto (?:${USE})\\b`,
    ),
  },
  // ── permitted use
  {
    kind: 'permitted use',
    says: 'permits a use of names, marks or works',
    weight: 2.5,
    pattern: re(
      `\\b(?:may|(?:shall|will) (?:have|be granted) (?:the|a) .{0,40}?(?:rights?|license)|(?:is|are|be) (?:authori[sz]ed|permitted|entitled|allowed|licensed)|(?:shall|will) be (?:authori[sz]ed|permitted|entitled|allowed)|agrees? (?:to (?:allow|permit|license)|that .{2,40} may))\\b.{0,60}?\\b(?:${USE})\\b.{0,90}?\\b(?:${MARKS}|${RIGHTS}|software|source code|content|photographs?|recordings?|documentation|likeness)\\b`,
    ),
  },
  {
    kind: 'permitted use',
    says: 'has the right to use',
    weight: 2.5,
    pattern: re(
      `\\b(?:has|have|having|includes?|including|with)\\b.{0,30}\\bright(?:s)?(?: and license)? to (?:use|reproduce|display|publish|copy|modify|distribute|sub-?license)\\b.{0,90}?\\b(?:${MARKS}|${RIGHTS}|${WORKS})\\b`,
    ),
  },
  {
    kind: 'permitted use',
    says: 'limits the use to what is licensed',
    weight: 2,
    pattern: re(
      `\\b(?:may|shall|will|agrees?|commits?)\\b.{0,20}\\b(?:not|only|solely)\\b.{0,10}\\b(?:to )?(?:use|connect|copy|reproduce|display|modify|sub-?license)\\b.{0,100}\\b(?:${MARKS}|software|documentation|source code|licensed)\\b`,
    ),
  },
  {
    kind: 'permitted use',
    says: 'permits a use of feedback',
    weight: 2.5,
    pattern: re(`\\b(?:may|right|license|free) (?:freely )?(?:to )?use\\b`),
    needs: [/\b(?:feedback|suggestions?|ideas)\b/],
  },
  // ── ownership assignment
  {
    kind: 'ownership assignment',
    says: 'assigns rights',
    weight: 3,
    pattern: re(
      `\\b(?:here?by|shall|will|agrees? to|does|irrevocably|to|be|and)\\b.{0,40}?\\b(?:assigns?|assigned|transfers?|transferred|conveys?|conveyed|cedes?)\\b.{0,220}?\\b(?:rights?, titles?,? (?:and|or|&) interests?|titles?|ownership|${RIGHTS}|trade-? ?marks?|marks|copyright|source code|work product|domain names?)\\b`,
    ),
    needs: [IP],
  },
  {
    kind: 'ownership assignment',
    says: 'has rights assigned',
    weight: 3,
    pattern: re(
      `\\b(?:${RIGHTS}|${MARKS}|rights?, titles?,? (?:and|or) interests?|titles? (?:to|in)|ownership|source code|work product)\\b.{0,120}?\\b(?:(?:shall|will|to|hereby|must) be|(?:is|are) hereby|shall (?:automatically )?)(?:\\b.{0,30}\\b| )(?:assigned|transferred|conveyed|vest(?:ed)?|pass(?:es)?)\\b`,
    ),
  },
  {
    kind: 'ownership assignment',
    says: 'makes results the property of a party',
    weight: 3,
    pattern: re(
      `\\b(?:shall|will|to|hereby|is|are)\\b.{0,40}?\\b(?:become|be(?:come)?s? (?:deemed )?(?:the )?.{0,20}property|vest|belong|be owned|own|inure)\\b`,
    ),
    needs: [
      re(
        `\\b(?:developed|created|produced|prepared|conceived|made|authored|invented|arising|generated|discovered|contributed|work product|deliverables|inventions?|results|improvements?|modifications?|enhancements?|derivative)\\b`,
      ),
      IP,
    ],
  },
  {
    kind: 'ownership assignment',
    says: 'has goodwill or rights inure to a party',
    weight: 2.5,
    pattern: re(`\\b(?:goodwill|rights?|uses?|usage)\\b.{0,90}\\binures?\\b.{0,40}\\bbenefit\\b`),
    needs: [re(`\\b(?:${MARKS}|${RIGHTS}|goodwill)\\b`)],
  },
  {
    kind: 'ownership assignment',
    says: 'says who owns the rights',
    weight: 1.8,
    pattern: re(
      `\\b(?:sole(?: and exclusive)?|exclusive|entire|all) (?:property|ownership|owners?|rights?,? titles?)\\b|\\b(?:own|owns|owned|retains?|remains?)\\b.{0,40}\\b(?:rights?, titles?,? (?:and|or) interests?|ownership|title|property)\\b`,
    ),
    needs: [STRONG_IP],
  },
  {
    kind: 'work made for hire',
    says: 'work made for hire',
    weight: 3.5,
    pattern: /\bworks?[- ]?(?:made[- ])?for[- ]hire\b/,
  },
  // ── joint ownership
  {
    kind: 'joint ownership',
    says: 'rights held jointly',
    weight: 3,
    pattern: re(
      `\\b(?:jointly (?:own|register|hold|develop|held|vest)\\w*|joint(?:ly)?(?: and equal)? (?:own\\w*|property|names?|title|copyright\\w*|inventions?|patents?|intellectual)|co-?own\\w*|own\\w* jointly|(?:owned|held|belong) (?:equally|jointly|in common)|shared? equally.{0,30}(?:ownership|title)|equal(?: and)? undivided)\\b`,
    ),
    needs: [IP],
  },
  // ── terms of licenses
  {
    kind: 'non-transferable license',
    says: 'license that cannot be transferred',
    weight: 2.5,
    pattern: re(`\\bnon-? ?(?:transfer|assign)able\\b`),
    needs: [re(`\\b(?:${LICENSE}|rights? to)\\b`)],
  },
  {
    kind: 'non-transferable license',
    says: 'license that cannot be transferred',
    weight: 2.5,
    pattern: re(
      `\\b(?:not|no|nor|neither)\\b.{0,60}\\b(?:assign|transfer|sub-?licen[sc]e|encumber)\\w*\\b.{0,100}\\b(?:the |this |any |such |its )?(?:${LICENSE}|${MARKS}|software|licensed \\w+)\\b`,
    ),
  },
  {
    kind: 'affiliate license',
    says: 'license that extends to affiliates',
    weight: 2.5,
    pattern: re(
      `\\b(?:${LICENSE}|rights? to use|right to)\\b.{0,200}\\b(?:affiliates?|affiliated (?:companies|entities)|subsidiar(?:y|ies)|parent|group companies)\\b`,
    ),
    needs: [
      re(`\\b(?:grants?|granted|license[sd]? to|may (?:use|sub-?license)|sub-?licen[sc]e|right to)\\b`),
    ],
  },
  {
    kind: 'affiliate license',
    says: 'affiliates may use what is licensed',
    weight: 2.5,
    pattern: re(
      `\\b(?:affiliates?|subsidiar(?:y|ies))\\b.{0,80}\\b(?:may|shall (?:be entitled|have the right)|(?:is|are) (?:entitled|permitted|authori[sz]ed|licensed))\\b.{0,60}\\b(?:use|exercise|access|sub-?license)\\b`,
    ),
    needs: [STRONG_IP],
  },
  {
    kind: 'unlimited license',
    says: 'license without a limit',
    weight: 2.5,
    pattern: re(
      `\\b(?:unlimited|unrestricted|enterprise-? ?wide|without (?:limit|restriction) (?:as to|on|in) (?:the )?number)\\b.{0,80}\\b(?:${LICENSE}|rights?|use|users?|copies|access|sites?|number)\\b|\\b(?:site|enterprise) ${LICENSE}\\b`,
    ),
    needs: [re(`\\b(?:${LICENSE}|software|${RIGHTS}|right to|rights to use|grants?)\\b`)],
  },
  {
    kind: 'irrevocable or perpetual license',
    says: 'license without an end',
    weight: 2.5,
    pattern: re(
      `\\b(?:irrevocabl[ey]|perpetual(?:ly)?|in perpetuity|non-?terminable|everlasting|for ever)\\b`,
    ),
    needs: [re(`\\b(?:${LICENSE}|right to|rights? (?:and|of|in)|${RIGHTS})\\b`)],
  },
  {
    kind: 'irrevocable or perpetual license',
    says: 'use goes on after the end',
    weight: 2.5,
    pattern: re(
      `\\b${LICENSE}\\b.{0,80}\\b(?:survives?|continues? (?:after|notwithstanding|beyond))\\b.{0,60}\\b(?:terminat|expir)`,
    ),
  },
  // ── source code escrow
  {
    kind: 'source code escrow',
    says: 'escrow of source code',
    weight: 3.5,
    pattern: re(`\\bescrow\\b`),
    needs: [re(`\\b(?:source|codes?|software|deposit materials?|technology|licensed)\\b`)],
  },
  {
    kind: 'source code escrow',
    says: 'deposit or release of source code',
    weight: 3,
    pattern: re(
      `\\b(?:deposit|deliver|release|maintain|provide|furnish|disclose|copy of|access to|hold)\\w*\\b.{0,120}\\bsource[- ]codes?\\b`,
    ),
  },
  {
    kind: 'source code escrow',
    says: 'deposited source code',
    weight: 2.5,
    pattern: re(
      `\\bsource[- ]codes?\\b.{0,120}\\b(?:current|deposit\\w*|deliver\\w*|releas\\w*|bankrupt\\w*|updat\\w*|version|escrow)\\b`,
    ),
  },
  // ── covenant not to challenge
  {
    kind: 'covenant not to challenge',
    says: 'forbids to contest rights',
    weight: 3,
    pattern: re(
      `\\b(?:not|never|neither|nor|refrain from|no)\\b.{0,160}?\\b(?:contest|challeng|disput|attack|question|oppos|impair|assail|impugn|interfer|jeopardi[sz]|adverse|prejudic|diminish|dilut|disparag|invalidat)\\w*\\b.{0,200}?\\b(?:validity|ownership|titles?|rights?,? (?:titles?|and|or|of|in)|${MARKS}|${RIGHTS}|registrations?|interests?)\\b`,
    ),
    needs: [re(`\\b(?:${MARKS}|${RIGHTS}|licensed|property|proprietary|title|software|products?)\\b`)],
  },
  {
    kind: 'covenant not to challenge',
    says: 'forbids to register or claim rights',
    weight: 3,
    pattern: re(
      `\\b(?:not|never|neither|nor|refrain from)\\b.{0,120}?\\b(?:register|apply (?:for|to register)|file (?:any|an) application|adopt|claim|assert|seek to register|acquire|attempt to register)\\b.{0,140}?\\b(?:trade-? ?marks?|service ?marks?|marks?|trade ?-?names?|domain names?|logos?|copyrights?|patents?|ownership|right,? title)\\b`,
    ),
  },
  {
    kind: 'covenant not to challenge',
    says: 'covenant not to sue',
    weight: 3.5,
    pattern: re(
      `\\bcovenants? not to (?:sue|assert)\\b|\\b(?:not|never|nor)\\b.{0,60}\\b(?:sue|assert|bring|institute|commence|initiate|maintain|prosecute)\\b.{0,60}\\b(?:claims?|actions?|suits?|proceedings?|litigation)\\b.{0,160}\\b(?:infring\\w*|${RIGHTS}|trade-? ?marks?|marks)\\b`,
    ),
  },
];

export const IP_COUNTER_CUES: readonly IpCounterCue[] = [
  {
    weight: 3,
    pattern: /\bindemnif|\bhold (?:\w+ ){0,4}harmless\b|\bdefend\b.{0,60}\b(?:claim|action|suit)/,
  },
  { weight: 1.5, pattern: /\b(?:represents?|warrants?|representations?|warranties)\b(?!.{0,30}\bnot\b)/ },
  {
    weight: 3,
    pattern:
      /\b(?:no|neither|without any|nothing)\b.{0,100}\b(?:implied license|licen[sc]e|rights? (?:is|are)|granted|construed|grants?)\b/,
    against: [
      'license grant',
      'permitted use',
      'non-transferable license',
      'affiliate license',
      'unlimited license',
      'irrevocable or perpetual license',
    ],
  },
  {
    weight: 2,
    pattern:
      /\b(?:does|do|shall|will|may) not\b.{0,80}\b(?:grant|provide|convey|transfer|give|sub-?licen[sc]e)|^[^:]{2,40} shall: .{0,20}\bnot\b/,
    against: ['license grant', 'ownership assignment'],
  },
  {
    weight: 2.5,
    pattern:
      /\b(?:assign|transfer)\w*\b.{0,60}\b(?:this|the|such) agreement\b|\bagreement\b.{0,60}\b(?:assigned|assignable|transferred)\b/,
    against: ['ownership assignment', 'non-transferable license', 'affiliate license'],
  },
  {
    weight: 2,
    pattern:
      /\blicenses? (?:and|or|,)? ?(?:permits?|approvals?|consents?|registrations?)\b|\b(?:permits?|approvals?|consents?|governmental|regulatory|business|driver'?s|liquor|import|export)\b.{0,15}\blicen[sc]es?\b/,
  },
  {
    weight: 1.5,
    pattern:
      /\b(?:invoices?|payable|payments?|fees? (?:is|are|shall|for|of)|royalty (?:rate|payment|report)s?|late charge)\b/,
  },
  {
    weight: 2,
    pattern: /^["'(]?[\w -]{2,60}["')]* (?:means?|shall mean|has the meaning|refers to|shall refer)\b/,
  },
  {
    weight: 1.5,
    pattern:
      /\b(?:confidential information|confidentiality|non-?disclosure|disclosing party|receiving party)\b/,
  },
  {
    weight: 2,
    pattern:
      /\b(?:upon|after|following) (?:the )?(?:expiration|termination)\b.{0,120}\b(?:cease|return|destroy|discontinue|terminate)/,
  },
  {
    weight: 2,
    pattern:
      /\binfring\w*\b.{0,120}\b(?:claim|action|notify|notice|third part)|\b(?:claim|action|suit)\b.{0,80}\binfring/,
    against: ['license grant', 'permitted use', 'ownership assignment', 'joint ownership'],
  },
  { weight: 2, pattern: /\breverse[- ]?engineer|\bde-?compil|\bdisassembl/, against: ['source code escrow'] },
  {
    weight: 1.5,
    pattern: /\b(?:neither|no) party (?:may|shall|will)\b.{0,30}\buse\b/,
    against: ['permitted use'],
  },
  { weight: 3, pattern: /\brisk of loss\b/ },
  {
    weight: 3,
    pattern: /\bjoint(?:ly)? and several|\bjoint venture|\bjoint liabilit/,
    against: ['joint ownership'],
  },
  {
    weight: 3,
    pattern: /\b(?:irrevocabl[ey])\b.{0,60}\b(?:submit|consent|jurisdiction|waive|appoint|instruct|commit)/,
    against: ['irrevocable or perpetual license'],
  },
  { weight: 1.5, pattern: /^whereas\b/ },
  {
    weight: 2,
    pattern:
      /\b(?:security interest|right of first (?:refusal|offer|negotiation)|stock|shares|option to (?:purchase|acquire|renew|extend))\b/,
  },
];

/** Headings that make it likelier that a sentence under them is about intellectual property. */
export const IP_HEADING =
  /\b(?:licen[sc]e[sd]?|licensing|intellectual|proprietary|ownership|trade-? ?marks?|service marks?|copyrights?|patents?|escrow|work product|inventions?|grant|rights granted|title|marks|use of names?|branding|goodwill|work for hire)\b/;
/** Headings that make it less likely. */
export const OTHER_HEADING =
  /\b(?:indemni\w*|confidential\w*|warrant\w*|representation\w*|definitions?|payments?|fees?|termination|insurance|assignment|notices?|liabilit\w*|governing law|miscellaneous|taxes|force majeure|publicity)\b/;

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
  /** A sentence is taken from 2.8 on: a cue of 3 by itself, one of 2.5 with a heading or another kind beside it. */
  weight: number;
  pattern: RegExp;
  /** Patterns that the sentence must have, too. */
  needs?: readonly RegExp[];
}

const MARKS =
  '(?:trade-? ?marks?|service ?-?marks?|marks|trade ?-?names?|logos?|logotypes?|slogans?|likeness(?:es)?|identification|brand ?names?|brands?|domain names?|insignia|indicia|names?(?= (?:and|or) ))';
const RIGHTS =
  '(?:intellectual property|industrial property|patents?|copyrights?|know-?how|trade secrets?|moral rights|inventions?|proprietary rights)';
const SOFTWARE =
  '(?:software|source[- ]codes?|object[- ]codes?|technolog(?:y|ies)|documentation|licensed \\w+)';
const CREATIONS =
  '(?:work product|works? of authorship|deliverables?|derivative works?|recordings?|photographs?|footage|artwork|content|materials?|improvements?|modifications?|enhancements?|developments?|discover(?:y|ies)|ideas|formula[es]?|web ?sites?|databases?|designs?|programs?|works)';
const LICENSE = '(?:sub-?)?licen[sc]es?';
const USE =
  '(?:use|utili[sz]e|display|reproduce|copy|publish|modify|adapt|sub-?license|exploit|practi[cs]e|co-?brand|translate)';
const TRADE =
  '(?:use|market|promote|distribute|sell|resell|manufacture|sub-?license|exploit|publish|reproduce|display|license)';
/** The verb: "the grant of a license", "the right to grant sublicenses" and "gives notice" are no grants. */
const GRANT =
  '(?:here?by (?:\\w+ )?(?:grants?|gives?|licenses?)|grants|(?:is|are) (?:hereby )?granting|(?<!\\b(?:the|this|such|of|license|any|no|said|a|rights|foregoing|not|to|may|can) )grant|(?:shall|will|agrees? to|do|does) (?:hereby |also |further )?(?:grant|give)|(?:is|are|be) (?:hereby |herein |further )?granted|gives?(?! (?:\\w+ ){0,4}notice))';

const re = (source: string) => new RegExp(source, 'i');
/** What a right to use must be about to count: without materials, programs and works, which may be printed ones. */
const USED_IP = re(
  `\\b(?:${MARKS}|${RIGHTS}|${SOFTWARE}|work product|works? of authorship|derivative works?|recordings?|photographs?|footage|artwork|content|designs?|databases?|names?)\\b`,
);
const SOME_IP = re(`\\b(?:${MARKS}|${RIGHTS}|${SOFTWARE}|${CREATIONS})\\b`);
const STRONG_IP = re(
  `\\b(?:${MARKS}|${RIGHTS}|${SOFTWARE}|work product|works? of authorship|derivative works?)\\b`,
);

/** Patterns are held against text in small letters, with straight quotes and without hyphens at the ends of lines. */
export const IP_CUES: readonly IpCue[] = [
  // License grant.
  {
    kind: 'license grant',
    says: 'grants a license',
    weight: 3,
    pattern: re(`\\b${GRANT}\\b.{0,260}?\\blicen[sc]es?\\b`),
  },
  {
    kind: 'license grant',
    says: 'grants a right to use',
    weight: 3,
    pattern: re(
      `\\b${GRANT}\\b.{0,200}?\\b(?:rights?|permission|authority|privilege|authori[sz]ation)\\b.{0,120}?\\b(?:to|of)\\b.{0,60}?\\b(?:${USE}|using|distribut\\w+|access)\\b`,
    ),
    needs: [USED_IP],
  },
  {
    kind: 'license grant',
    says: 'grants a right to distribute',
    weight: 2.5,
    pattern: re(`\\b${GRANT}\\b.{0,200}?\\brights?\\b.{0,100}?\\bto\\b.{0,40}?\\b${TRADE}\\b`),
  },
  {
    kind: 'license grant',
    says: 'grants distribution or license rights',
    weight: 3,
    pattern: re(`\\b${GRANT}\\b.{0,200}\\b(?:distribution|license|exploitation) (?:license )?rights?\\b`),
  },
  {
    kind: 'license grant',
    says: 'licenses something',
    weight: 3,
    pattern: re(
      `(?<!\\b(?:that|which|who|as) )\\b(?:is|are) (?:hereby )?(?:exclusively |non-?exclusively )?licensed (?:to|for|by|under|hereunder)\\b|\\b(?:here?by|agrees? to|shall|will) (?:\\w+ly )?licenses?\\b|\\blicenses to\\b`,
    ),
  },
  {
    kind: 'license grant',
    says: 'names a license and its terms',
    weight: 1.7,
    pattern: re(
      `\\b(?:non-?exclusive|exclusive|royalty-?free|worldwide|world-wide|limited|fully[- ]paid(?:-up)?|sub-?licensable)\\b.{0,60}\\b${LICENSE}\\b`,
    ),
  },
  {
    kind: 'license grant',
    says: 'holds exclusive rights to exploit',
    weight: 3,
    pattern: re(
      `\\b(?:hold|have|has|holds|receive|obtains?|acquires?)\\b.{0,20}\\b(?:sole|exclusive|non-?exclusive|worldwide|world-wide)\\b.{0,40}\\brights?\\b.{0,20}\\bto ${TRADE}\\b`,
    ),
  },
  {
    kind: 'license grant',
    says: 'grants a license',
    weight: 3,
    pattern: re(
      `\\b(?:${LICENSE}|rights? to ${USE})\\b.{0,100}\\b(?:is|are|shall be|will be) (?:here?by |herein )?granted (?:to|by|for|a|an|the)\\b`,
    ),
  },
  {
    kind: 'license grant',
    says: 'receives a license',
    weight: 3,
    pattern: re(
      `\\b(?:receives?|obtains?|acquires?|have|has|retains?|provides?|accepts?)\\b.{0,30}\\ban?\\b.{0,80}\\b(?:licen[sc]e|perpetual right|right and licen[sc]e) (?:to ${USE}|under|for)\\b`,
    ),
  },
  {
    kind: 'license grant',
    says: 'appoints a licensee',
    weight: 3,
    pattern: /\b(?:appoint\w*|designat\w*)\b.{0,60}\blicensee\b/,
  },
  // Permitted use.
  {
    kind: 'permitted use',
    says: 'allows a use of marks or works',
    weight: 3,
    pattern: re(
      `\\b(?:agrees? (?:to (?:allow|permit|authori[sz]e)|that .{2,40} may)|(?:here?by |also )(?:authori[sz]es|permits|allows|consents)|(?:authori[sz]es|licenses|permits|allows) .{2,60}? to|(?:is|are) hereby (?:authori[sz]ed|permitted|licensed) to)\\b.{0,60}?\\b${USE}\\b.{0,90}?\\b(?:${MARKS}|${RIGHTS}|${SOFTWARE}|content|photographs?|recordings?)\\b`,
    ),
  },
  {
    kind: 'permitted use',
    says: 'permits a use of marks or works',
    weight: 2.5,
    pattern: re(
      `\\b(?:may|(?:shall|will) (?:have|be granted) (?:the|a) .{0,40}?(?:rights?|license) to|(?:is|are|be) (?:hereby )?(?:authori[sz]ed|permitted|entitled|allowed|licensed) to|agrees? (?:to (?:allow|permit)|that .{2,40} may)|here?by (?:authori[sz]es|permits|allows|consents))\\b.{0,60}?\\b${USE}\\b.{0,90}?\\b(?:${MARKS}|${RIGHTS}|${SOFTWARE}|content|photographs?|recordings?)\\b`,
    ),
  },
  {
    kind: 'permitted use',
    says: 'has the right to use',
    weight: 2.5,
    pattern: re(
      `\\b(?:has|have|having|includes?|including|with)\\b.{0,30}\\brights?(?: and license)? to ${USE}\\b.{0,90}?\\b(?:${MARKS}|${RIGHTS}|${SOFTWARE}|${CREATIONS})\\b`,
    ),
  },
  {
    kind: 'permitted use',
    says: 'limits the use to what is licensed',
    weight: 1.2,
    pattern: re(
      `\\b(?:may|shall|will|agrees?|commits?)\\b.{0,20}\\b(?:not|only|solely)\\b.{0,10}\\b(?:to )?(?:connect|${USE})\\b.{0,100}\\b(?:${MARKS}|${SOFTWARE})\\b`,
    ),
  },
  {
    kind: 'permitted use',
    says: 'permits a use of feedback',
    weight: 3,
    pattern: re('\\b(?:may|right|license|free) (?:freely )?(?:to )?use\\b'),
    needs: [/\b(?:feedback|suggestions?|ideas)\b/],
  },
  // Ownership.
  {
    kind: 'ownership assignment',
    says: 'assigns rights',
    weight: 3,
    pattern: re(
      `\\b(?:here?by|shall|will|agrees? to|do|does|irrevocably|assigns)\\b.{0,40}?\\b(?:assigns?|transfers?|conveys?|cedes?)\\b.{0,160}?\\b(?:rights?, titles?,? (?:and|or|&) interests?|titles?|ownership|${RIGHTS}|trade-? ?marks?|marks|source code|work product|domain names?)\\b`,
    ),
    needs: [STRONG_IP],
  },
  {
    kind: 'ownership assignment',
    says: 'has rights assigned',
    weight: 3,
    pattern: re(
      `\\b(?:${RIGHTS}|trade-? ?marks?|marks|rights?, titles?,? (?:and|or) interests?|ownership|source code|work product)\\b.{0,80}?\\b(?:shall|will|to|must|is|are) (?:\\w+ly |hereby )?(?:be |vest\\b)?(?:\\w+ly )?(?:assigned|transferred|conveyed|vested|(?<=vest))\\b`,
    ),
    needs: [STRONG_IP],
  },
  {
    kind: 'ownership assignment',
    says: 'makes what is created the property of a party',
    weight: 3,
    pattern: re(
      `\\b(?:shall|will|to|hereby) (?:\\w+ ){0,2}own\\b|\\b(?:becomes?|be|remain|is|are|deemed)\\b.{0,40}\\b(?:property of|owned by|vested in)\\b|\\b(?:vests? (?:\\w+ly )?in|belongs? (?:\\w+ly )?to)\\b|\\b(?:exclusive|sole) property\\b`,
    ),
    needs: [
      re(
        '\\b(?:develop(?:ed|s)|creat(?:ed|es|ion)|produced|prepare[ds]|conceive[ds]|authored|invent(?:ed|s|ions?)|arising|generated|discover(?:ed|s|ies)|contributed|made by|makes|work product|deliverables|inventions?|results|improvements?|modifications?|enhancements?|derivative)\\b',
      ),
      SOME_IP,
    ],
  },
  {
    kind: 'ownership assignment',
    says: 'has goodwill inure to a party',
    weight: 1.7,
    pattern: re('\\b(?:goodwill|rights?|uses?|usage)\\b.{0,90}\\binures?\\b.{0,40}\\bbenefit\\b'),
    needs: [STRONG_IP],
  },
  {
    kind: 'ownership assignment',
    says: 'says who owns the rights',
    weight: 1.3,
    pattern: re(
      '\\b(?:sole(?: and exclusive)?|exclusive|entire|all) (?:property|ownership|owners?|rights?,? titles?)\\b|\\b(?:own|owns|owned|retains?|reserves?|remains?)\\b.{0,40}\\b(?:rights?, titles?,? (?:and|or) interests?|ownership|title|property|rights)\\b',
    ),
    needs: [STRONG_IP],
  },
  {
    kind: 'work made for hire',
    says: 'work made for hire',
    weight: 3.5,
    pattern: /\bworks?[- ]?(?:made[- ])?for[- ]hire\b/,
  },
  {
    kind: 'joint ownership',
    says: 'rights held jointly',
    weight: 3,
    pattern: re(
      '\\b(?:jointly (?:own|register|hold|held|vest)\\w*|joint(?:ly)?(?: and equal)? (?:own\\w*|property|names?|title|copyright\\w*|inventions?|patents?|intellectual)|co-?own\\w*|own\\w* jointly|(?:owned|held|belong) (?:equally|jointly|in common)|shared? equally.{0,30}(?:ownership|title)|equal(?: and)? undivided)\\b',
    ),
    needs: [SOME_IP],
  },
  // Terms of a license.
  {
    kind: 'non-transferable license',
    says: 'license that cannot be transferred',
    weight: 3,
    pattern: /\bnon-? ?(?:transfer|assign)able\b/,
    needs: [re(`\\b(?:${LICENSE}|rights? to)\\b`)],
  },
  {
    kind: 'non-transferable license',
    says: 'license that cannot be transferred',
    weight: 2,
    pattern: re(
      `\\b(?:not|no|nor|neither)\\b.{0,60}\\b(?:assign|transfer|sub-?licen[sc]e)\\w*\\b.{0,80}\\b(?:${LICENSE}|${MARKS}|${SOFTWARE})\\b|\\b${LICENSE}\\b.{0,60}\\b(?:not|non)\\b.{0,20}\\b(?:transferable|assignable|transferred|assigned|sub-?licen)`,
    ),
  },
  {
    kind: 'non-transferable license',
    says: 'license that cannot be transferred',
    weight: 3,
    pattern:
      /\b(?:not|nor|neither)\b.{0,40}\b(?:assign|transfer|sub-?licen[sc]e)\w*\b.{0,30}\b(?:the|this|such|its|any) (?:licen[sc]es?|licensed \w+)\b/,
  },
  {
    kind: 'affiliate license',
    says: 'license that extends to affiliates',
    weight: 3,
    pattern: /\bsub-?licen[sc]e\w*\b.{0,80}\b(?:affiliates?|subsidiar(?:y|ies)|group companies)\b/,
  },
  {
    kind: 'affiliate license',
    says: 'license that extends to affiliates',
    weight: 2.5,
    pattern: re(
      `\\b(?:${LICENSE}|rights? to use)\\b.{0,200}\\b(?:affiliates?|affiliated (?:companies|entities)|subsidiar(?:y|ies)|group companies)\\b|\\b(?:affiliates?|subsidiar(?:y|ies))\\b.{0,120}\\b(?:${LICENSE}|rights? to use)\\b`,
    ),
    needs: [re(`\\b(?:${GRANT}|may (?:use|sub-?license)|sub-?licen[sc]e)\\b`)],
  },
  {
    kind: 'affiliate license',
    says: 'affiliates may use what is licensed',
    weight: 3,
    pattern: re(
      '\\b(?:affiliates?|subsidiar(?:y|ies))\\b.{0,80}\\b(?:may|shall (?:be entitled|have the right)|(?:is|are) (?:entitled|permitted|authori[sz]ed|licensed))\\b.{0,40}\\b(?:use|exercise|sub-?license)\\b',
    ),
    needs: [STRONG_IP],
  },
  {
    kind: 'unlimited license',
    says: 'license without a limit',
    weight: 3,
    pattern: re(
      `\\b(?:unlimited|unrestricted|enterprise-? ?wide|without (?:limit|restriction) (?:as to|on|in) (?:the )?number)\\b.{0,80}\\b(?:${LICENSE}|rights?|use|users?|copies|sites?|number)\\b|\\b(?:site|enterprise) ${LICENSE}\\b`,
    ),
    needs: [re(`\\b(?:${LICENSE}|licensed|${SOFTWARE}|${RIGHTS}|rights? to use)\\b`)],
  },
  {
    kind: 'irrevocable or perpetual license',
    says: 'license without an end',
    weight: 3,
    pattern: /\b(?:irrevocabl[ey]|perpetual(?:ly)?|in perpetuity|non-?terminable|for ?ever)\b/,
    needs: [re(`\\b(?:${LICENSE}|rights? to ${USE}|${RIGHTS})\\b`)],
  },
  {
    kind: 'irrevocable or perpetual license',
    says: 'license that goes on after the end',
    weight: 3,
    pattern: re(
      `\\b${LICENSE}\\b.{0,80}\\b(?:survives?|continues? (?:after|notwithstanding|beyond))\\b.{0,60}\\b(?:terminat|expir)`,
    ),
  },
  // Source code.
  {
    kind: 'source code escrow',
    says: 'escrow of source code',
    weight: 3.5,
    pattern: /\bescrow\b/,
    needs: [/\b(?:source|codes?|software|deposit materials?|technology)\b/],
  },
  {
    kind: 'source code escrow',
    says: 'deposit or release of source code',
    weight: 3,
    pattern:
      /\b(?:deposit|deliver|release|maintain|provide|furnish|disclose|copy of|copies of|access to)\w*\b.{0,120}\bsource[- ]codes?\b/,
  },
  {
    kind: 'source code escrow',
    says: 'deposited source code',
    weight: 2.5,
    pattern:
      /\bsource[- ]codes?\b.{0,120}\b(?:current|deposit\w*|deliver\w*|releas\w*|bankrupt\w*|updat\w*|version|escrow)\b/,
  },
  // Covenants.
  {
    kind: 'covenant not to challenge',
    says: 'forbids to contest rights',
    weight: 3,
    pattern: re(
      `\\b(?:not|never|neither|nor|refrain from)\\b.{0,160}?\\b(?:contest|challeng|disput|attack|question|oppos|impair|assail|impugn|invalidat|interfere|jeopardi[sz]|dilut)\\w*\\b.{0,160}?\\b(?:validity|ownership|titles?|rights?,? (?:titles?|and|or|of|in)|goodwill|${MARKS}|${RIGHTS}|registrations?)\\b`,
    ),
    needs: [re(`\\b(?:${MARKS}|${RIGHTS}|${SOFTWARE}|property|proprietary)\\b`)],
  },
  {
    kind: 'covenant not to challenge',
    says: 'forbids to register rights',
    weight: 3,
    pattern: re(
      `\\b(?:not|never|neither|nor|refrain from)\\b.{0,80}?\\b(?:register|apply for|file (?:any|an) application|attempt to register)\\b.{0,60}?\\b(?:${MARKS}|mark|trade-? ?mark|copyrights?|patents?)\\b`,
    ),
  },
  {
    kind: 'covenant not to challenge',
    says: 'forbids to claim rights',
    weight: 2.5,
    pattern: re(
      `\\b(?:not|never|neither|nor|refrain from)\\b.{0,120}?\\b(?:register|apply (?:for|to register)|file (?:any|an) application|adopt|attempt to register|claim|assert)\\b.{0,100}?\\b(?:${MARKS}|copyrights?|patents?|ownership|right,? title)\\b`,
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

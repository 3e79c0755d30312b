// Scores the clauses that `ip_clauses` returns against those that lawyers have marked.

/** A marked span is found if so many of its words stand, in order, in one returned clause. */
const FOUND_SHARE = 0.6;
/** A returned clause is right if it covers so many of the words of some marked span. */
const RIGHT_SHARE = 0.5;
/** Or if it shares so many words in a row with one. */
const RIGHT_WORDS_IN_A_ROW = 8;
/** A contract without a marked span is quiet if it gets at most this many clauses. */
const QUIET_CLAUSES = 2;
/** In order, but also together: in a long clause, the small words of any span stand in order somewhere. */
const WINDOW_RATIO = 1.3;

export interface Score {
  marked: number;
  found: number;
  /** Found within a window of the clause that is hardly longer than the span: the harder count. */
  foundTogether: number;
  returned: number;
  right: number;
  /** undefined where something is marked. */
  quiet: boolean | undefined;
}

export interface Comparison {
  marked: readonly string[];
  returned: readonly string[];
}

/** Whether each marked span was found, and whether each returned clause is right. */
export function compare({ marked, returned }: Comparison): {
  found: boolean[];
  right: boolean[];
  score: Score;
} {
  const spans = marked.map(toWords);
  const clauses = returned.map(toWords);
  const foundAs = (share: typeof shareInOrder) =>
    spans.map((span) => clauses.some((clause) => share(span, clause) >= FOUND_SHARE));
  const found = foundAs(shareInOrder);
  const right = clauses.map((clause) =>
    spans.some((span) => shareTogether(span, clause) >= RIGHT_SHARE || sharesRun(span, clause)),
  );
  const score = {
    marked: spans.length,
    found: count(found),
    foundTogether: count(foundAs(shareTogether)),
    returned: clauses.length,
    right: count(right),
    quiet: spans.length > 0 ? undefined : clauses.length <= QUIET_CLAUSES,
  };
  return { found, right, score };
}

const count = (list: readonly boolean[]) => list.filter(Boolean).length;
const toWords = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

function shareInOrder(span: readonly string[], clause: readonly string[]): number {
  return commonInOrder(span, clause) / span.length;
}

function shareTogether(span: readonly string[], clause: readonly string[]): number {
  const size = Math.ceil(span.length * WINDOW_RATIO);
  const step = Math.max(1, Math.floor(span.length / 8));
  let best = 0;
  for (let at = 0; at === 0 || at < clause.length - size / 2; at += step)
    best = Math.max(best, commonInOrder(span, clause.slice(at, at + size)));
  return best / span.length;
}

/** Length of the longest common subsequence. */
function commonInOrder(one: readonly string[], other: readonly string[]): number {
  let row = new Array<number>(other.length + 1).fill(0);
  for (const word of one) {
    const next = [0];
    for (const [j, otherWord] of other.entries())
      next.push(word === otherWord ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0));
    row = next;
  }
  return row.at(-1) ?? 0;
}

function sharesRun(span: readonly string[], clause: readonly string[]): boolean {
  const text = ` ${clause.join(' ')} `;
  for (let i = 0; i + RIGHT_WORDS_IN_A_ROW <= span.length; i++)
    if (text.includes(` ${span.slice(i, i + RIGHT_WORDS_IN_A_ROW).join(' ')} `)) return true;
  return false;
}

// The answers that a model may give, by analysis, and what of them stands in the document.
import { z } from 'zod';
import type { AnalysisType } from './document.ts';
import type { QuoteFinder } from './quote-finder.ts';

/** Counting needs no model. */
export type ModelAnalysis = Exclude<AnalysisType, 'statistics'>;

/** Pages are not asked for: they are looked up where the quote stands. */
const ipClauses = z.object({
  ip_clauses: z.array(
    z.object({ clause: z.string(), heading: z.string(), text: z.string().min(1), reason: z.string() }),
  ),
});
const summary = z.object({ title: z.string().nullable(), summary: z.string().min(1) });
const keyTerms = z.object({
  parties: z.array(z.object({ name: z.string().min(1), called: z.string().nullable() })),
  defined_terms: z.array(z.object({ term: z.string().min(1), definition: z.string().min(1) })),
  dates: z.array(z.object({ text: z.string().min(1), context: z.string() })),
  amounts: z.array(z.object({ text: z.string().min(1), context: z.string() })),
  governing_law: z.object({ text: z.string().min(1), context: z.string() }).nullable(),
});
const obligations = z.object({
  obligations: z.array(
    z.object({
      party: z.string().nullable(),
      duty: z.enum(['must', 'must not']),
      text: z.string().min(1),
      clause: z.string(),
      heading: z.string(),
    }),
  ),
});

export const MODEL_ANSWERS = {
  ip_clauses: ipClauses,
  summary,
  key_terms: keyTerms,
  obligations,
} satisfies Record<ModelAnalysis, z.ZodType>;

export const MODEL_TASKS: Readonly<Record<ModelAnalysis, string>> = {
  ip_clauses:
    'List every clause that grants, limits, assigns or secures rights in intellectual property: license grants, permitted uses of names and marks, ownership and its assignment, works made for hire, joint ownership, terms of licenses (non-transferable, for affiliates, unlimited, irrevocable, perpetual), source code escrow, covenants not to challenge or to sue. text is the whole clause, copied exactly; clause is its number, or its kind where it has none; heading is the heading that it stands under, or ""; reason says in a few words why it is listed.',
  summary: 'Summarize the document in at most 200 words. title is its title as it stands there, or null.',
  key_terms:
    'List the parties (called is the short name that the document gives them, or null), the defined terms with their definitions, the dates, the amounts of money, and the governing law (text is the place alone), or null. Copy every text exactly; context is the sentence that it stands in.',
  obligations:
    'List every obligation: party is who must do it, as the document names it, or null; duty is "must" or "must not"; text is the sentence, copied exactly; clause is its number or ""; heading is the heading that it stands under, or "".',
};

type Paged<T> = T & { page: number | null };

/** Drops what the model says that the document does not. */
export function keepQuotes(
  analysis: ModelAnalysis,
  answer: unknown,
  quotes: QuoteFinder,
): Record<string, unknown> {
  const paged = <T extends object>(list: readonly T[], quoteOf: (entry: T) => string): Paged<T>[] =>
    list.flatMap((entry) => {
      const page = quotes.pageOf(quoteOf(entry));
      return page === undefined ? [] : [{ ...entry, page }];
    });
  switch (analysis) {
    case 'ip_clauses':
      return { ip_clauses: paged(ipClauses.parse(answer).ip_clauses, ({ text }) => text).map(foldClause) };
    case 'obligations':
      return { obligations: paged(obligations.parse(answer).obligations, ({ text }) => text) };
    case 'key_terms': {
      const { parties, defined_terms, dates, amounts, governing_law } = keyTerms.parse(answer);
      return {
        parties: paged(parties, ({ name }) => name),
        defined_terms: paged(defined_terms, ({ definition }) => definition),
        dates: paged(dates, ({ text }) => text),
        amounts: paged(amounts, ({ text }) => text),
        governing_law: paged(governing_law === null ? [] : [governing_law], ({ text }) => text)[0] ?? null,
      };
    }
    case 'summary': {
      const { title, summary: text } = summary.parse(answer);
      const isQuoted = title !== null && quotes.pageOf(title) !== undefined;
      return { title: isQuoted ? title : null, summary: text, sentences: [] };
    }
  }
}

/** In the order of the offline method's. */
function foldClause({
  clause,
  heading,
  text,
  page,
  reason,
}: Paged<z.output<typeof ipClauses>['ip_clauses'][number]>) {
  return { clause, heading, text: text.replace(/\s+/g, ' ').trim(), page, reason };
}

// An index over open dead letters alone, in the dev server's database: a count reads it in place of all their rows.
import { DEAD_LETTER } from '../messages.ts';

/** The server writes, too, at a start that finds its database full of work. */
const BUSY_TIMEOUT_MS = 2_000;
/** Node's SQLite warns of itself before this version. */
const NODE_MAJOR = 24;

/** With each column of the query: SQLite takes a partial index only for its key. On PostgreSQL: deploy/temporal. */
const STATEMENT = `
  CREATE INDEX IF NOT EXISTS surehook_open_dead_letters ON executions_visibility
    (namespace_id, workflow_type_name, status, TemporalNamespaceDivision)
    WHERE workflow_type_name = '${DEAD_LETTER}' AND status = 1 AND TemporalNamespaceDivision IS NULL`;

/** Without it, counts of thousands are slower, and that is all: it fails in silence. */
export async function indexDeadLetters(database: string): Promise<void> {
  if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR) return;
  try {
    const { DatabaseSync } = await import('node:sqlite');
    // Temporal's schema has texts in double quotes.
    const options = { timeout: BUSY_TIMEOUT_MS, enableDoubleQuotedStringLiterals: true };
    const connection = new DatabaseSync(database, options);
    connection.exec(STATEMENT);
    connection.close();
  } catch {
    // another schema
  }
}

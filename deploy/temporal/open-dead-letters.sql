-- An index of Temporal's visibility (PostgreSQL) over open dead letters alone: with 10,000 of them, a count reads 10,000
-- entries of it in place of all their rows. Events that do not fail are not in it, and cost nothing more.
-- Temporal's own schema stays as it is; without this index all works, and counts are slower: see docs/performance.md.
CREATE INDEX IF NOT EXISTS surehook_open_dead_letters ON executions_visibility (namespace_id, start_time)
  WHERE workflow_type_name = 'deadLetter' AND status = 1 AND TemporalNamespaceDivision IS NULL;

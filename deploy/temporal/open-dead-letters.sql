-- For Temporal's visibility in PostgreSQL: an index over open dead letters alone. With 10,000 of them, a count reads 10,000
-- entries of it in place of all their rows. Events that do not fail are not in it, and cost nothing more.
-- Temporal's own schema stays as it is; without this all works, and counts are slower: see docs/performance.md.
CREATE INDEX IF NOT EXISTS surehook_open_dead_letters ON executions_visibility (namespace_id, start_time)
  WHERE workflow_type_name = 'deadLetter' AND status = 1 AND TemporalNamespaceDivision IS NULL;

-- PostgreSQL reads an index alone for what it has vacuumed since the last change: after 2 % of changes, not 20 %.
ALTER TABLE executions_visibility SET
  (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);

-- Adds an index over open dead letters alone to Temporal's visibility in PostgreSQL. With 10,000 open dead letters, a
-- count reads 10,000 entries of the index instead of all their rows. Events that do not fail have no entry in the index,
-- and cost nothing more. Temporal's own schema stays as it is. Without the index everything works, and counts are slower:
-- see docs/performance.md.
CREATE INDEX IF NOT EXISTS surehook_dead_letters ON executions_visibility (namespace_id, start_time)
  WHERE workflow_type_name = 'deadLetter' AND status = 1;

-- The index of builds whose dead letters had no division.
DROP INDEX IF EXISTS surehook_open_dead_letters;

-- PostgreSQL answers from an index alone only for pages that were vacuumed since their last change: so it has to vacuum
-- after 2 % of changes, not after 20 %.
ALTER TABLE executions_visibility SET
  (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);

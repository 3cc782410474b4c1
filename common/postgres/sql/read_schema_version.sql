-- The last step that was applied. No parameters.
-- Columns: version int, 0 when none.
SELECT coalesce(max(version), 0) AS version FROM schema_migrations;

-- Histories: the fresh rows of a project, without their bodies.
--
-- $1 int  project
-- $2 int  first month, since January 1970
-- $3 int  last month
--
-- fresh_id text, event_count int
SELECT fresh_id::text AS fresh_id, event_count
FROM history_fresh
WHERE project_id = $1::int AND month BETWEEN $2::int AND $3::int

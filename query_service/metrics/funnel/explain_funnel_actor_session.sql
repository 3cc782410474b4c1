-- The key of a user's pipeline run. The texts of other sessions are not stored.
--
-- $1 int      project
-- $2 bigint   user
-- $3 text     the run's id, as the client said it
--
-- At most one row: session_id bigint
SELECT session_id
FROM analytics_sessions
WHERE project_id = $1::int AND user_id = $2::bigint AND session_text = $3::text
LIMIT 1

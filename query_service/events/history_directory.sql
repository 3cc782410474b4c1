-- Histories: the blocks of a project.
--
-- $1 int  project
-- $2 int  first month, since January 1970
-- $3 int  last month
--
-- block_id text, month, event_count, user_count int, first_user, last_user, first_time_us, last_time_us bigint,
-- keys text (as JSON)
SELECT block_id::text AS block_id, month, event_count, user_count, first_user, last_user, first_time_us, last_time_us,
       array_to_json(keys)::text AS keys
FROM history_blocks
WHERE project_id = $1::int AND month BETWEEN $2::int AND $3::int

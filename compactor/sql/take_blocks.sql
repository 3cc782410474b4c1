-- The blocks of slices, to be replaced; those that somebody else replaces right now are left out.
-- $1 int: project; $2 int: month; $3 uuid[]: slices
-- Columns: block_id, level, event_count, user_count, first_user, last_user, first_time_us, last_time_us, keys,
-- body_bytes
SELECT block_id, level, event_count, user_count, first_user, last_user, first_time_us, last_time_us, keys,
       body_bytes
FROM history_blocks WHERE project_id = $1 AND month = $2 AND slice_id = ANY($3)
ORDER BY first_user, last_user FOR UPDATE SKIP LOCKED

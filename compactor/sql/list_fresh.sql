-- The oldest fresh rows of a month, without their bodies.
-- $1 int: project; $2 int: month; $3 int: how many
-- Columns: fresh_id, event_count, bytes of the body
SELECT fresh_id, event_count, octet_length(body) FROM history_fresh
WHERE project_id = $1 AND month = $2 ORDER BY created_at, fresh_id LIMIT $3

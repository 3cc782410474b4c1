-- The slices of one project's month.
-- $1 int: project; $2 int: month
-- Columns: slice_id, level, events, blocks, bytes, seconds since it was made (by the database's clock)
SELECT slice_id, max(level), sum(event_count), count(*), sum(body_bytes),
       extract(epoch FROM clock_timestamp() - max(created_at))::float8
FROM history_blocks WHERE project_id = $1 AND month = $2 GROUP BY 1

-- Per project and month what waits in fresh rows.
-- Columns: project_id, month, rows, events, body bytes, seconds since the oldest and since the newest came (by
-- the database's clock)
SELECT project_id, month, count(*), sum(event_count), sum(octet_length(body)),
       extract(epoch FROM clock_timestamp() - min(created_at))::float8,
       extract(epoch FROM clock_timestamp() - max(created_at))::float8
FROM history_fresh GROUP BY 1, 2

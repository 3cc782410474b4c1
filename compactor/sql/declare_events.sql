-- The events of a month, in the order of blocks.
-- $1 int: month
-- Columns: project_id, user_id, microseconds since 1970, event_name_id, session_id, producer_no, sequence,
-- properties
DECLARE events NO SCROLL CURSOR FOR
SELECT project_id, user_id, (extract(epoch FROM event_time) * 1000000)::bigint, event_name_id, session_id,
       producer_no, sequence, properties::text
FROM analytics_events
WHERE event_time >= make_timestamptz(1970 + $1::int / 12, $1::int % 12 + 1, 1, 0, 0, 0, 'UTC')
  AND event_time < make_timestamptz(1970 + ($1::int + 1) / 12, ($1::int + 1) % 12 + 1, 1, 0, 0, 0, 'UTC')
ORDER BY project_id, user_id, event_time, producer_no, sequence

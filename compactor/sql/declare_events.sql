-- The events of some time, in the order of blocks.
-- $1 timestamptz: from; $2 timestamptz: until
-- Columns: project_id, user_id, microseconds since 1970, event_name_id, session_id, producer_no, sequence,
-- properties
DECLARE events NO SCROLL CURSOR FOR
SELECT project_id, user_id, (extract(epoch FROM event_time) * 1000000)::bigint, event_name_id, session_id,
       producer_no, sequence, properties::text
FROM analytics_events WHERE event_time >= $1 AND event_time < $2
ORDER BY project_id, user_id, event_time, producer_no, sequence

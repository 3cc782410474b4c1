-- Summary: the number of events in the interval.
--
-- $1 int          project
-- $2 timestamptz  start
-- $3 timestamptz  end of what is read, exclusive
--
-- One row: event_count bigint
SELECT count(*) AS event_count
FROM analytics_events
WHERE project_id = $1::int AND event_time >= $2::timestamptz AND event_time < $3::timestamptz

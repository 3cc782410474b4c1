-- Summary: the number of events in the interval.
--
-- $1 int          project
-- $2 timestamptz  start
-- $3 timestamptz  end of what is read, exclusive
--
-- The filter stands at its place, with parameters from $4 on.
--
-- One row: event_count bigint
SELECT count(*) AS event_count
FROM analytics_events AS e {users}
WHERE e.project_id = $1::int AND e.event_time >= $2::timestamptz AND e.event_time < $3::timestamptz
  AND {filter}

-- How many events.
--
-- $1 timestamptz  start
-- $2 timestamptz  end, exclusive
--
-- label, events
SELECT 'all' AS label, count(*) AS events
FROM analytics_events AS e
WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz

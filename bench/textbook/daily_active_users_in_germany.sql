-- Daily active users with a filter on a property of the event.
--
-- $1 timestamptz  start
-- $2 timestamptz  end, exclusive
--
-- day, active
SELECT (e.event_time AT TIME ZONE 'UTC')::date AS day, count(DISTINCT e.user_id) AS active
FROM analytics_events AS e
WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz AND e.properties ->> 'country' = 'DE'
GROUP BY day
ORDER BY day

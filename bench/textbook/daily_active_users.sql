-- Daily active users, as textbooks have it.
--
-- $1 timestamptz  start
-- $2 timestamptz  end, exclusive
--
-- day, active
SELECT (e.event_time AT TIME ZONE 'UTC')::date AS day, count(DISTINCT e.user_id) AS active
FROM analytics_events AS e
WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz
GROUP BY day
ORDER BY day

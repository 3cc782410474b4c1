-- Weekly active users: by calendar week.
--
-- $1 timestamptz  start
-- $2 timestamptz  end, exclusive
--
-- week, active
SELECT date_trunc('week', e.event_time AT TIME ZONE 'UTC')::date AS week, count(DISTINCT e.user_id) AS active
FROM analytics_events AS e
WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz
GROUP BY week
ORDER BY week

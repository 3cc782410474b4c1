-- New users by day: those whose first event ever was on it.
--
-- $1 timestamptz  start
-- $2 timestamptz  end, exclusive
--
-- day, new
WITH first_events AS (
  SELECT e.user_id, min(e.event_time) AS first_time
  FROM analytics_events AS e
  WHERE e.event_time < $2::timestamptz
  GROUP BY e.user_id
)
SELECT (first_time AT TIME ZONE 'UTC')::date AS day, count(*) AS new
FROM first_events
WHERE first_time >= $1::timestamptz
GROUP BY day
ORDER BY day

-- Of those whose first day was this, how many came back 1, 7 and 30 days later.
--
-- $1 timestamptz  start
-- $2 timestamptz  end, exclusive
--
-- day, size, day_1, day_7, day_30
WITH first_days AS (
  SELECT e.user_id, min((e.event_time AT TIME ZONE 'UTC')::date) AS day
  FROM analytics_events AS e
  WHERE e.event_time < $2::timestamptz + interval '31 days'
  GROUP BY e.user_id
), active_days AS (
  SELECT DISTINCT e.user_id, (e.event_time AT TIME ZONE 'UTC')::date AS day
  FROM analytics_events AS e
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz + interval '31 days'
)
SELECT f.day, count(*) FILTER (WHERE a.day = f.day) AS size,
       count(*) FILTER (WHERE a.day - f.day = 1) AS day_1,
       count(*) FILTER (WHERE a.day - f.day = 7) AS day_7,
       count(*) FILTER (WHERE a.day - f.day = 30) AS day_30
FROM first_days AS f
JOIN active_days AS a USING (user_id)
WHERE f.day >= ($1::timestamptz AT TIME ZONE 'UTC')::date AND f.day < ($2::timestamptz AT TIME ZONE 'UTC')::date
GROUP BY f.day
ORDER BY f.day

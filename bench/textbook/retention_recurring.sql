-- Of those active on a day, how many were active 1, 7 and 30 days later.
--
-- $1 timestamptz  start
-- $2 timestamptz  end, exclusive
--
-- day, size, day_1, day_7, day_30
WITH active_days AS (
  SELECT DISTINCT e.user_id, (e.event_time AT TIME ZONE 'UTC')::date AS day
  FROM analytics_events AS e
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz + interval '31 days'
)
SELECT a.day, count(DISTINCT a.user_id) AS size,
       count(DISTINCT b.user_id) FILTER (WHERE b.day = a.day + 1) AS day_1,
       count(DISTINCT b.user_id) FILTER (WHERE b.day = a.day + 7) AS day_7,
       count(DISTINCT b.user_id) FILTER (WHERE b.day = a.day + 30) AS day_30
FROM active_days AS a
LEFT JOIN active_days AS b ON b.user_id = a.user_id AND b.day IN (a.day + 1, a.day + 7, a.day + 30)
WHERE a.day < ($2::timestamptz AT TIME ZONE 'UTC')::date
GROUP BY a.day
ORDER BY a.day

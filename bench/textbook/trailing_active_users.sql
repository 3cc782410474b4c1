-- WAU and MAU of every day, over the 7 and the 30 days that end with it: the join on days.
--
-- $1 timestamptz  start
-- $2 timestamptz  end, exclusive
--
-- day, week, month
WITH active_days AS (
  SELECT DISTINCT e.user_id, (e.event_time AT TIME ZONE 'UTC')::date AS day
  FROM analytics_events AS e
  WHERE e.event_time >= $1::timestamptz - interval '29 days' AND e.event_time < $2::timestamptz
), days AS (
  SELECT generate_series($1::timestamptz, $2::timestamptz - interval '1 day', interval '1 day')::date AS day
)
SELECT d.day,
       count(DISTINCT a.user_id) FILTER (WHERE a.day > d.day - 7) AS week,
       count(DISTINCT a.user_id) AS month
FROM days AS d
JOIN active_days AS a ON a.day > d.day - 30 AND a.day <= d.day
GROUP BY d.day
ORDER BY d.day

-- How many of four things a user did within 14 days, in any order: a join of the four with themselves.
--
-- $1 timestamptz  start
-- $2 timestamptz  end, exclusive
--
-- label, step_1 to step_4
WITH steps AS (
  SELECT e.user_id, e.event_time, n.name
  FROM analytics_events AS e
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz + interval '14 days'
    AND n.name IN ('visit', 'signup', 'cart', 'purchase')
), reached AS (
  SELECT a.user_id, count(DISTINCT b.name) AS level
  FROM steps AS a
  JOIN steps AS b ON b.user_id = a.user_id
    AND b.event_time >= a.event_time AND b.event_time <= a.event_time + interval '14 days'
  WHERE a.event_time < $2::timestamptz
  GROUP BY a.user_id, a.event_time
)
SELECT 'all' AS label, count(DISTINCT user_id) AS step_1,
       count(DISTINCT user_id) FILTER (WHERE level >= 2) AS step_2,
       count(DISTINCT user_id) FILTER (WHERE level >= 3) AS step_3,
       count(DISTINCT user_id) FILTER (WHERE level >= 4) AS step_4
FROM reached

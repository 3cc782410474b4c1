-- A funnel whose steps follow each other immediately: lead() over all events of the user.
--
-- $1 timestamptz  start
-- $2 timestamptz  end, exclusive
--
-- label, step_1 to step_3
WITH successors AS (
  SELECT e.user_id, e.event_time, n.name,
         lead(n.name) OVER own AS name_2, lead(e.event_time) OVER own AS time_2,
         lead(n.name, 2) OVER own AS name_3, lead(e.event_time, 2) OVER own AS time_3
  FROM analytics_events AS e
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz + interval '14 days'
  WINDOW own AS (PARTITION BY e.user_id ORDER BY e.event_time)
), reached AS (
  SELECT user_id,
         name_2 = 'signup' AND time_2 <= event_time + interval '14 days' AS has_2,
         name_3 = 'cart' AND time_3 <= event_time + interval '14 days' AS has_3
  FROM successors
  WHERE name = 'visit' AND event_time < $2::timestamptz
)
SELECT 'all' AS label, count(DISTINCT user_id) AS step_1,
       count(DISTINCT user_id) FILTER (WHERE has_2) AS step_2,
       count(DISTINCT user_id) FILTER (WHERE has_2 AND has_3) AS step_3
FROM reached

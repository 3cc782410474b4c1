-- The funnel by the day of the visit: who came that day, and who of them bought.
--
-- $1 timestamptz  start
-- $2 timestamptz  end, exclusive
--
-- day, entered, reached
WITH step_1 AS (
  SELECT e.user_id, e.event_time AS entry_time, e.event_time
  FROM analytics_events AS e
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz AND n.name = 'visit'
), step_2 AS (
  SELECT s.user_id, s.entry_time, min(e.event_time) AS event_time
  FROM step_1 AS s
  JOIN analytics_events AS e ON e.user_id = s.user_id
    AND e.event_time > s.event_time AND e.event_time <= s.entry_time + interval '14 days'
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz + interval '14 days' AND n.name = 'signup'
  GROUP BY s.user_id, s.entry_time
), step_3 AS (
  SELECT s.user_id, s.entry_time, min(e.event_time) AS event_time
  FROM step_2 AS s
  JOIN analytics_events AS e ON e.user_id = s.user_id
    AND e.event_time > s.event_time AND e.event_time <= s.entry_time + interval '14 days'
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz + interval '14 days' AND n.name = 'cart'
  GROUP BY s.user_id, s.entry_time
), step_4 AS (
  SELECT s.user_id, s.entry_time, min(e.event_time) AS event_time
  FROM step_3 AS s
  JOIN analytics_events AS e ON e.user_id = s.user_id
    AND e.event_time > s.event_time AND e.event_time <= s.entry_time + interval '14 days'
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz + interval '14 days' AND n.name = 'purchase'
  GROUP BY s.user_id, s.entry_time
)
SELECT key AS label, entered, coalesce(reached, 0) AS reached
FROM (SELECT (entry_time AT TIME ZONE 'UTC')::date AS key, count(DISTINCT user_id) AS entered FROM step_1 GROUP BY 1) AS first
LEFT JOIN (SELECT (entry_time AT TIME ZONE 'UTC')::date AS key, count(DISTINCT user_id) AS reached FROM step_4 GROUP BY 1) AS last USING (key)
ORDER BY key

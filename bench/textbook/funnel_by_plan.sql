-- The funnel by a property of the visit.
--
-- $1 timestamptz  start
-- $2 timestamptz  end, exclusive
--
-- plan, step_1 to step_4
WITH step_1 AS (
  SELECT e.user_id, e.event_time AS entry_time, e.event_time, e.properties ->> 'plan' AS plan
  FROM analytics_events AS e
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz AND n.name = 'visit'
), step_2 AS (
  SELECT s.user_id, s.entry_time, s.plan, min(e.event_time) AS event_time
  FROM step_1 AS s
  JOIN analytics_events AS e ON e.user_id = s.user_id
    AND e.event_time > s.event_time AND e.event_time <= s.entry_time + interval '14 days'
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz + interval '14 days' AND n.name = 'signup'
  GROUP BY s.user_id, s.entry_time, s.plan
), step_3 AS (
  SELECT s.user_id, s.entry_time, s.plan, min(e.event_time) AS event_time
  FROM step_2 AS s
  JOIN analytics_events AS e ON e.user_id = s.user_id
    AND e.event_time > s.event_time AND e.event_time <= s.entry_time + interval '14 days'
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz + interval '14 days' AND n.name = 'cart'
  GROUP BY s.user_id, s.entry_time, s.plan
), step_4 AS (
  SELECT s.user_id, s.entry_time, s.plan, min(e.event_time) AS event_time
  FROM step_3 AS s
  JOIN analytics_events AS e ON e.user_id = s.user_id
    AND e.event_time > s.event_time AND e.event_time <= s.entry_time + interval '14 days'
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz + interval '14 days' AND n.name = 'purchase'
  GROUP BY s.user_id, s.entry_time, s.plan
)
SELECT key AS label, step_1, coalesce(step_2, 0) AS step_2, coalesce(step_3, 0) AS step_3, coalesce(step_4, 0) AS step_4
FROM (SELECT plan AS key, count(DISTINCT user_id) AS step_1 FROM step_1 GROUP BY 1) AS s1
LEFT JOIN (SELECT plan AS key, count(DISTINCT user_id) AS step_2 FROM step_2 GROUP BY 1) AS s2 USING (key)
LEFT JOIN (SELECT plan AS key, count(DISTINCT user_id) AS step_3 FROM step_3 GROUP BY 1) AS s3 USING (key)
LEFT JOIN (SELECT plan AS key, count(DISTINCT user_id) AS step_4 FROM step_4 GROUP BY 1) AS s4 USING (key)

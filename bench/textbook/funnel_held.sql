-- The funnel with all steps in one country. Compared behind the joins: in them PostgreSQL expects one row of each,
-- and joins by nested loops that take minutes.
--
-- $1 timestamptz  start
-- $2 timestamptz  end, exclusive
--
-- label, step_1 to step_4
WITH step_1 AS (
  SELECT e.user_id, e.event_time AS entry_time, e.event_time, e.properties ->> 'country' AS country
  FROM analytics_events AS e
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz AND n.name = 'visit'
), step_2 AS (
  SELECT s.user_id, s.entry_time, s.country,
         min(e.event_time) FILTER (WHERE e.properties ->> 'country' = s.country) AS event_time
  FROM step_1 AS s
  JOIN analytics_events AS e ON e.user_id = s.user_id
    AND e.event_time > s.event_time AND e.event_time <= s.entry_time + interval '14 days'
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz + interval '14 days' AND n.name = 'signup'
  GROUP BY s.user_id, s.entry_time, s.country
  HAVING min(e.event_time) FILTER (WHERE e.properties ->> 'country' = s.country) IS NOT NULL
), step_3 AS (
  SELECT s.user_id, s.entry_time, s.country,
         min(e.event_time) FILTER (WHERE e.properties ->> 'country' = s.country) AS event_time
  FROM step_2 AS s
  JOIN analytics_events AS e ON e.user_id = s.user_id
    AND e.event_time > s.event_time AND e.event_time <= s.entry_time + interval '14 days'
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz + interval '14 days' AND n.name = 'cart'
  GROUP BY s.user_id, s.entry_time, s.country
  HAVING min(e.event_time) FILTER (WHERE e.properties ->> 'country' = s.country) IS NOT NULL
), step_4 AS (
  SELECT s.user_id, s.entry_time, s.country,
         min(e.event_time) FILTER (WHERE e.properties ->> 'country' = s.country) AS event_time
  FROM step_3 AS s
  JOIN analytics_events AS e ON e.user_id = s.user_id
    AND e.event_time > s.event_time AND e.event_time <= s.entry_time + interval '14 days'
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz + interval '14 days' AND n.name = 'purchase'
  GROUP BY s.user_id, s.entry_time, s.country
  HAVING min(e.event_time) FILTER (WHERE e.properties ->> 'country' = s.country) IS NOT NULL
)
SELECT 'all' AS label,
       (SELECT count(DISTINCT user_id) FROM step_1) AS step_1,
       (SELECT count(DISTINCT user_id) FROM step_2) AS step_2,
       (SELECT count(DISTINCT user_id) FROM step_3) AS step_3,
       (SELECT count(DISTINCT user_id) FROM step_4) AS step_4

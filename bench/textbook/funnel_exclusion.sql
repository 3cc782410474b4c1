-- The funnel without those who cancelled on the way: a step counts before the first cancel behind the visit.
--
-- $1 timestamptz  start
-- $2 timestamptz  end, exclusive
--
-- label, step_1 to step_4
WITH entries AS (
  SELECT e.user_id, e.event_time AS entry_time
  FROM analytics_events AS e
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz AND n.name = 'visit'
), cancels AS (
  SELECT e.user_id, e.event_time
  FROM analytics_events AS e
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz + interval '14 days' AND n.name = 'cancel'
), step_1 AS (
  SELECT s.user_id, s.entry_time, s.entry_time AS event_time,
         coalesce(min(c.event_time), 'infinity') AS cancel_time
  FROM entries AS s
  LEFT JOIN cancels AS c ON c.user_id = s.user_id AND c.event_time > s.entry_time
  GROUP BY s.user_id, s.entry_time
), step_2 AS (
  SELECT s.user_id, s.entry_time, s.cancel_time, min(e.event_time) AS event_time
  FROM step_1 AS s
  JOIN analytics_events AS e ON e.user_id = s.user_id
    AND e.event_time > s.event_time AND e.event_time <= s.entry_time + interval '14 days'
    AND e.event_time < s.cancel_time
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz + interval '14 days' AND n.name = 'signup'
  GROUP BY s.user_id, s.entry_time, s.cancel_time
), step_3 AS (
  SELECT s.user_id, s.entry_time, s.cancel_time, min(e.event_time) AS event_time
  FROM step_2 AS s
  JOIN analytics_events AS e ON e.user_id = s.user_id
    AND e.event_time > s.event_time AND e.event_time <= s.entry_time + interval '14 days'
    AND e.event_time < s.cancel_time
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz + interval '14 days' AND n.name = 'cart'
  GROUP BY s.user_id, s.entry_time, s.cancel_time
), step_4 AS (
  SELECT s.user_id, s.entry_time, s.cancel_time, min(e.event_time) AS event_time
  FROM step_3 AS s
  JOIN analytics_events AS e ON e.user_id = s.user_id
    AND e.event_time > s.event_time AND e.event_time <= s.entry_time + interval '14 days'
    AND e.event_time < s.cancel_time
  JOIN event_names AS n USING (event_name_id)
  WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz + interval '14 days' AND n.name = 'purchase'
  GROUP BY s.user_id, s.entry_time, s.cancel_time
)
SELECT 'all' AS label,
       (SELECT count(DISTINCT user_id) FROM step_1) AS step_1,
       (SELECT count(DISTINCT user_id) FROM step_2) AS step_2,
       (SELECT count(DISTINCT user_id) FROM step_3) AS step_3,
       (SELECT count(DISTINCT user_id) FROM step_4) AS step_4

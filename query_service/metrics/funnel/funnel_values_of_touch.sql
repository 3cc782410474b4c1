-- Breakdown of a funnel: the value of each actor is that of its first or last event that matches any step and has a
-- value. kind: 0 a value, 1 none.
), touches AS (
  SELECT DISTINCT ON (user_id, session) user_id, session, value
  FROM step_events
  WHERE value IS NOT NULL AND {is_step}
  ORDER BY user_id, session, {touch_order}
), valued_attempts AS (
  SELECT t.user_id, t.session, t.level, t.times, t.is_open, touches.value,
         CASE WHEN touches.value IS NULL THEN 1 ELSE 0 END AS kind
  FROM timed_attempts AS t LEFT JOIN touches USING (user_id, session)

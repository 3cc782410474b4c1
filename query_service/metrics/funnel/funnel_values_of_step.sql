-- Breakdown of a funnel: the value of each actor is that of the event of its timed attempt at step {step}.
-- kind: 0 a value, 1 none, 2 not reached.
), valued_attempts AS (
  SELECT t.user_id, t.session, t.level, t.times, t.is_open, s.value,
         CASE WHEN t.level < {step} THEN 2 WHEN s.value IS NULL THEN 1 ELSE 0 END AS kind
  FROM timed_attempts AS t
  LEFT JOIN step_events AS s
    ON s.user_id = t.user_id AND s.session = t.session AND s.place = abs(t.places[{step}])

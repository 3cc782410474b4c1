-- Breakdown of a funnel: the value of each actor is that of its user, as it is now. kind: 0 a value, 1 none.
), user_values AS (
  SELECT e.*, {breakdown_value} AS value
  FROM timed_attempts AS e
  {users}
), valued_attempts AS (
  SELECT user_id, session, level, times, is_open, value, CASE WHEN value IS NULL THEN 1 ELSE 0 END AS kind
  FROM user_values

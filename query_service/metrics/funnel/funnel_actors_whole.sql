-- The actors of a funnel without breakdown.
), row_attempts AS (
  SELECT user_id, session, level, times, is_open, NULL::int AS kind, NULL::text AS value, false AS is_in_other
  FROM timed_attempts

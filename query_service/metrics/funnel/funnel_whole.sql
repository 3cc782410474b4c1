-- A funnel without breakdown: row 0, the whole, is all there is.
), placed_attempts AS (
  SELECT 0 AS place, level, times, is_open FROM timed_attempts
), places AS (
  SELECT 0 AS place, NULL::text AS value, 0::bigint AS value_count

-- Breakdown of a funnel: each actor in its row of funnel_breakdown_rows, and in row 0, the whole.
--
-- $12 int           rows of a value each
), placed_attempts AS (
  SELECT 0 AS place, level, times, is_open FROM valued_attempts
  UNION ALL
  SELECT place, level, times, is_open
  FROM valued_attempts AS t
  -- Equality, which can be hashed; the kinds tell NULL from ''.
  JOIN breakdown_rows AS r ON r.kind = t.kind AND coalesce(r.value, '') = coalesce(t.value, '')
), places AS (
  SELECT 0 AS place, NULL::text AS value, (SELECT count(*) FROM value_totals WHERE kind = 0) AS value_count
  UNION ALL
  SELECT place, CASE WHEN place <= $12::int THEN min(value) END, NULL FROM breakdown_rows GROUP BY place

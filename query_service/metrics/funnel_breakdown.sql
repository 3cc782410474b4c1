-- Breakdown of a funnel: which row each actor is in. Row 0 is the whole; the values have rows from 1; the last three are
-- other, none and not reached.
--
-- $12 int           rows of a value each
), value_totals AS (
  SELECT kind, value, row_number() OVER (ORDER BY kind, count(*) DESC, value COLLATE "C") AS rank
  FROM valued_attempts
  GROUP BY kind, value
), breakdown_rows AS (
  SELECT kind, value, CASE WHEN kind = 0 THEN least(rank, $12::int + 1)::int ELSE $12::int + 1 + kind END AS place
  FROM value_totals
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

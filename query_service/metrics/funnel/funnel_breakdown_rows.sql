-- Breakdown of a funnel: the row of each value. The values have rows from 1; the last three are other, none and
-- not reached. What counts the rows and what lists their actors both read it.
--
-- {limit} int   the parameter: rows of a value each
), value_totals AS (
  SELECT kind, value, row_number() OVER (ORDER BY kind, count(*) DESC, value COLLATE "C") AS rank
  FROM valued_attempts
  GROUP BY kind, value
), breakdown_rows AS (
  SELECT kind, value,
         CASE WHEN kind = 0 THEN least(rank, {limit}::int + 1)::int ELSE {limit}::int + 1 + kind END AS place
  FROM value_totals

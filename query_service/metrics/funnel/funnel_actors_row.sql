-- The actors of a funnel with breakdown, all or those of one row, each with its value. Follows
-- funnel_breakdown_rows.
--
-- $17 int     rows of a value each
-- $18 int     the row: -1 all of them, 0 that of the value $19, 1 none, 2 not reached, 3 other
-- $19 text    also a value beyond the limit, which has no row of its own
), row_attempts AS (
  SELECT t.user_id, t.session, t.level, t.times, t.is_open, t.kind, t.value,
         r.place = $17::int + 1 AS is_in_other
  FROM valued_attempts AS t
  -- Equality, which can be hashed; the kinds tell NULL from ''.
  JOIN breakdown_rows AS r ON r.kind = t.kind AND coalesce(r.value, '') = coalesce(t.value, '')
  WHERE CASE $18::int
          WHEN -1 THEN true
          WHEN 0 THEN t.kind = 0 AND t.value = $19::text COLLATE "C"
          WHEN 3 THEN r.place = $17::int + 1
          ELSE t.kind = $18::int
        END

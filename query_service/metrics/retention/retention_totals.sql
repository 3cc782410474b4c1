-- Last piece of retention: the cells. Segments are disjoint ranges of offsets; a cell is a range of segments.
--
-- $8 int[]   first segment of each cell; that of the first cell is 0, the cohort itself
-- $9 int[]   its last segment
-- $10 int[]  the last segment that its cumulative sum takes in
-- $11 int[]  of how many cohorts, from the first, the cell is complete
--
-- One row per breakdown row (NULL: all), cohort (from 1; NULL: those that are complete together) and cell (from 0)
-- with anyone in it; in cell 0 all members are counted:
--   breakdown_row int, value text (NULL: not of one value), cohort int, cell bigint, actors bigint,
--   value_sum, cumulative_sum numeric, value_count bigint (distinct values of the breakdown)
, segment_totals AS (
  -- Of segment 0 everybody counts, whether with a return event or not.
  SELECT breakdown_row, cohort, segment, CASE WHEN segment > 0 THEN actors END AS actors, value FROM return_totals
  UNION ALL
  SELECT breakdown_row, cohort, 0, count(*), NULL FROM members GROUP BY breakdown_row, cohort
), cells AS (
  SELECT c.ordinality - 1 AS cell, c.first_segment, c.last_segment, c.cumulative_segment, c.complete_cohorts
  FROM unnest($8::int[], $9::int[], $10::int[], $11::int[])
    WITH ORDINALITY AS c(first_segment, last_segment, cumulative_segment, complete_cohorts, ordinality)
), cell_parts AS (
  SELECT t.breakdown_row, t.cohort, c.cell, t.cohort <= c.complete_cohorts AS is_complete,
         CASE WHEN t.segment BETWEEN c.first_segment AND c.last_segment THEN t.actors END AS actors,
         CASE WHEN t.segment BETWEEN c.first_segment AND c.last_segment THEN t.value END AS value,
         CASE WHEN t.segment <= c.cumulative_segment THEN t.value END AS earlier_value
  FROM segment_totals AS t
  JOIN cells AS c ON t.segment BETWEEN c.first_segment AND c.last_segment
                  OR t.value IS NOT NULL AND t.segment <= c.cumulative_segment
), totals AS (
  SELECT breakdown_row, cohort, cell, sum(actors)::bigint AS actors, sum(value) AS value_sum,
         sum(earlier_value) AS cumulative_sum
  FROM cell_parts
  GROUP BY GROUPING SETS ((breakdown_row, cohort, cell), (cohort, cell))
  UNION ALL
  SELECT breakdown_row, NULL, cell, sum(actors)::bigint, sum(value), sum(earlier_value)
  FROM cell_parts
  WHERE is_complete
  GROUP BY GROUPING SETS ((breakdown_row, cell), (cell))
)
SELECT t.breakdown_row, v.value, t.cohort, t.cell, coalesce(t.actors, 0) AS actors,
       coalesce(t.value_sum, 0) AS value_sum, coalesce(t.cumulative_sum, 0) AS cumulative_sum,
       (SELECT count(*) FROM ranked_values) AS value_count
FROM totals AS t
LEFT JOIN ranked_values AS v ON v.rank = t.breakdown_row AND v.rank <= {limit}

-- The end of a funnel of {steps} steps: totals by row (0: the whole) and step.
--
-- One row per place and step from 1, and step 0 for the row as a whole; sorted by both:
--   place            int: 0 the whole, then the rows of the breakdown
--   step             int
--   value            text: of the breakdown's row, NULL where it stands for none or many
--   value_count      bigint: distinct values, in place 0
--   actors           bigint: reached this step; in step 0 the last one
--   took_count ..    the time since the step before, in microseconds; in step 0 from the first step
--                    to the last. 0 and NULLs where there is none.
--   still_open       bigint, the same for all steps of a place: actors below the last step with an entry whose
--                    window was open at as_of
), laps AS (
  SELECT place, step, abs(times[step]) - abs(times[step - 1]) AS took_us
  FROM placed_attempts CROSS JOIN LATERAL generate_series(1, level) AS step
  UNION ALL
  SELECT place, 0, abs(times[{steps}]) - times[1]
  FROM placed_attempts
  WHERE level = {steps}
), lap_totals AS (
  SELECT place, step, count(*) AS actors,
         count(took_us) AS took_count,
         avg(took_us) AS took_mean,
         percentile_cont(0.5) WITHIN GROUP (ORDER BY took_us) AS took_median,
         percentile_cont(0.9) WITHIN GROUP (ORDER BY took_us) AS took_p90,
         percentile_cont(0.99) WITHIN GROUP (ORDER BY took_us) AS took_p99,
         min(took_us) AS took_min,
         max(took_us) AS took_max{quartiles}
  FROM laps
  GROUP BY place, step
), open_totals AS (
  SELECT place, count(*) AS still_open FROM placed_attempts WHERE is_open GROUP BY place

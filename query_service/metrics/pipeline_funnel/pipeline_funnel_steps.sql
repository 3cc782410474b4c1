-- Pipeline funnel: how far the runs came, and each phase by itself. Follows pipeline_funnel_runs.sql.
--
-- $6 text[]  the phases, in their order
--
-- One row per place from 0 (started) over the phases from 1 to the last + 1 (completed), in order:
-- place, run_count, failed_count bigint, items_in, items_out numeric (NULL: never said),
-- duration_count bigint, duration_mean, _median, _p90, _p99, _min, _max double precision (microseconds)
, steps AS (
  SELECT phase, place FROM unnest($6::text[]) WITH ORDINALITY AS p (phase, place)
), completed_phases AS (
  SELECT user_id, session_id, place
  FROM phases JOIN runs USING (user_id, session_id) JOIN steps USING (phase)
  WHERE completed_at IS NOT NULL
  GROUP BY 1, 2, 3
), numbered_phases AS (
  -- The n-th completed phase of a run is the n-th phase only while none is missing before it.
  SELECT user_id, session_id, place,
         row_number() OVER (PARTITION BY user_id, session_id ORDER BY place) AS nth
  FROM completed_phases
), depths AS (
  SELECT user_id, session_id, count(*) FILTER (WHERE place = nth) AS phase_count
  FROM numbered_phases
  GROUP BY 1, 2
), successes AS (
  SELECT user_id, session_id FROM attempts WHERE completed_at IS NOT NULL GROUP BY 1, 2
), depth_totals AS (
  SELECT depth AS place, count(*) AS run_count
  FROM (
    SELECT coalesce(phase_count, 0)
             + CASE WHEN coalesce(phase_count, 0) = cardinality($6::text[]) AND successes.user_id IS NOT NULL
                    THEN 1 ELSE 0 END AS depth
    FROM runs LEFT JOIN depths USING (user_id, session_id) LEFT JOIN successes USING (user_id, session_id)
  ) AS run_depths
  GROUP BY depth
), failures AS (
  SELECT failed_phase AS phase, count(*) AS failed_count
  FROM runs JOIN attempts USING (user_id, session_id)
  WHERE attempt = latest_attempt AND failed_at IS NOT NULL AND completed_at IS NULL
  GROUP BY 1
), phase_totals AS (
  -- No sum leaves int64, as absurd as it may be.
  SELECT phase, CASE WHEN count(items_in) > 0 THEN least(sum(items_in), 9223372036854775807) END AS items_in,
         CASE WHEN count(items_out) > 0 THEN least(sum(items_out), 9223372036854775807) END AS items_out,
         count(duration) AS duration_count,
         avg(duration)::float8 AS duration_mean,
         percentile_cont(0.5) WITHIN GROUP (ORDER BY duration) AS duration_median,
         percentile_cont(0.9) WITHIN GROUP (ORDER BY duration) AS duration_p90,
         percentile_cont(0.99) WITHIN GROUP (ORDER BY duration) AS duration_p99,
         min(duration)::float8 AS duration_min,
         max(duration)::float8 AS duration_max
  FROM (
    SELECT phase, items_in, items_out,
           CASE WHEN completed_at >= started_at
                THEN (extract(epoch FROM completed_at - started_at) * 1000000)::bigint END AS duration
    FROM phases JOIN runs USING (user_id, session_id)
    WHERE completed_at IS NOT NULL
  ) AS completions
  GROUP BY phase
)
SELECT place,
       sum(coalesce(run_count, 0)) OVER (ORDER BY place DESC)::bigint AS run_count,
       coalesce(failed_count, 0) AS failed_count,
       items_in, items_out,
       coalesce(duration_count, 0) AS duration_count,
       duration_mean, duration_median, duration_p90, duration_p99, duration_min, duration_max
FROM generate_series(0, cardinality($6::text[]) + 1) AS places (place)
LEFT JOIN depth_totals USING (place)
LEFT JOIN steps USING (place)
LEFT JOIN failures USING (phase)
LEFT JOIN phase_totals USING (phase)
ORDER BY place

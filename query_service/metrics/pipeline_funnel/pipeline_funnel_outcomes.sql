-- Pipeline funnel: how the runs ended. Follows pipeline_funnel_runs.sql.
--
-- One row: run_count, completed_count, failed_count, first_attempt_count, eventual_count bigint,
-- duration_count bigint, duration_mean, _median, _p90, _p99, _min, _max double precision (microseconds)
, run_outcomes AS (
  SELECT user_id, session_id,
         bool_or(attempt = latest_attempt AND completed_at IS NOT NULL) AS completed,
         bool_or(attempt = latest_attempt AND completed_at IS NULL AND failed_at IS NOT NULL) AS failed,
         bool_or(attempt = 1 AND completed_at IS NOT NULL) AS first_attempt,
         bool_or(completed_at IS NOT NULL) AS eventual
  FROM attempts JOIN runs USING (user_id, session_id)
  GROUP BY 1, 2
), durations AS (
  SELECT (extract(epoch FROM completed_at - started_at) * 1000000)::bigint AS duration
  FROM attempts JOIN runs USING (user_id, session_id)
  WHERE completed_at >= started_at
)
SELECT *
FROM (
  SELECT count(*) AS run_count,
         count(*) FILTER (WHERE completed) AS completed_count,
         count(*) FILTER (WHERE failed) AS failed_count,
         count(*) FILTER (WHERE first_attempt) AS first_attempt_count,
         count(*) FILTER (WHERE eventual) AS eventual_count
  FROM run_outcomes
) AS outcomes, (
  SELECT count(*) AS duration_count,
         avg(duration)::float8 AS duration_mean,
         percentile_cont(0.5) WITHIN GROUP (ORDER BY duration) AS duration_median,
         percentile_cont(0.9) WITHIN GROUP (ORDER BY duration) AS duration_p90,
         percentile_cont(0.99) WITHIN GROUP (ORDER BY duration) AS duration_p99,
         min(duration)::float8 AS duration_min,
         max(duration)::float8 AS duration_max
  FROM durations
) AS run_durations

-- The end of a funnel of {steps} steps: the timed attempt of each actor, then totals.
--
-- $8 bigint         window in microseconds, inclusive, as in funnel_events
-- $10 timestamptz   as_of
--
-- One row per step from 1, and row 0 for the whole:
--   step             int
--   actors           bigint: reached this step; in row 0 the last one
--   took_count ..    the time since the step before, in microseconds; in row 0 from the first step
--                    to the last. 0 and NULLs where there is none.
--   still_open       bigint, the same in every row: actors below the last step with an entry whose
--                    window was open at as_of
), attempts AS (
  SELECT user_id, session, time_us, is_entry, coalesce(attempt_{steps}, longest) AS attempt
  FROM pass_{steps}
), actors AS (
  -- Of the actor's level, ending first, then starting last, then with the earliest further steps.
  SELECT max(ARRAY[cardinality(attempt), -time_us] || attempt) AS level_end_attempt,
         max(time_us) FILTER (WHERE is_entry) AS last_entry_us
  FROM attempts
  WHERE attempt IS NOT NULL
  GROUP BY user_id, session
), timed_attempts AS (
  SELECT level_end_attempt[1]::int AS level, level_end_attempt[3:] AS attempt,
         level_end_attempt[1] < {steps}
           AND last_entry_us + $8::bigint > (extract(epoch FROM $10::timestamptz) * 1000000)::bigint AS is_open
  FROM actors
), laps AS (
  SELECT step, abs(attempt[step]) - abs(attempt[step - 1]) AS took_us
  FROM timed_attempts CROSS JOIN LATERAL generate_series(1, level) AS step
  UNION ALL
  SELECT 0, abs(attempt[{steps}]) - attempt[1]
  FROM timed_attempts
  WHERE level = {steps}
)
SELECT step,
       count(laps.step) AS actors,
       count(took_us) AS took_count,
       avg(took_us) AS took_mean,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY took_us) AS took_median,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY took_us) AS took_p90,
       percentile_cont(0.99) WITHIN GROUP (ORDER BY took_us) AS took_p99,
       min(took_us) AS took_min,
       max(took_us) AS took_max,
       (SELECT count(*) FROM timed_attempts WHERE is_open) AS still_open
FROM generate_series(0, {steps}) AS all_steps(step)
LEFT JOIN laps USING (step)
GROUP BY step
ORDER BY step

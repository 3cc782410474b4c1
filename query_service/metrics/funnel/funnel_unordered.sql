-- UNORDERED, in one pass from the last event to the first: from each entry the earliest event of every step at or
-- after it. An event counts for one step. The times alone decide, so the attempts of entries at the same
-- time are the same.
--
-- $8 bigint         window in microseconds, inclusive, as in funnel_events
), step_events AS (
  SELECT user_id, session, time_us, is_in_interval, {step_of_event} AS step
  FROM matching_events
  WHERE steps <> 0
), next_steps AS (
  SELECT user_id, session, time_us, is_in_interval{next_times}
  FROM step_events
  WINDOW later AS (PARTITION BY user_id, session ORDER BY time_us DESC)
), reached_steps AS (
  -- Those within the window; NULL for the others.
  SELECT user_id, session, time_us AS entry_us{times_within_window}
  FROM next_steps
  WHERE is_in_interval
), attempts AS (
  SELECT user_id, session, entry_us, num_nonnulls({times}) AS level,
         ARRAY[num_nonnulls({times}), -greatest({times}), entry_us, {times}] AS ranked
  FROM reached_steps

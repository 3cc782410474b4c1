-- UNORDERED, where more than the times of steps is asked for: exclusions, properties held constant, or the events
-- themselves. As funnel_unordered; an event is an array: its time, its place among the actor's events, and for
-- each exclusion the time of the next one after it.
--
-- $8 bigint         window in microseconds, inclusive, as in funnel_events
), step_events AS (
  SELECT *, row_number() OVER (PARTITION BY user_id, session ORDER BY time_us, step, producer_no, sequence) AS place
  FROM (SELECT *, {step_of_event} AS step FROM {events}) AS numbered
), followed_events AS (
  SELECT user_id, session, time_us, is_in_interval, step{held}, ARRAY[time_us, place{next_exclusions}] AS event
  FROM step_events
  -- Strictly later ones: at the same time an exclusion comes before the steps.
  WINDOW strictly_later AS (PARTITION BY user_id, session{held} ORDER BY time_us DESC
                            RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), next_steps AS (
  SELECT user_id, session, time_us, step, event, is_in_interval AND step IS NOT NULL AS is_entry{next_events}
  FROM followed_events
  WINDOW later AS (PARTITION BY user_id, session{held} ORDER BY time_us DESC)
), attempts AS (
  SELECT user_id, session, time_us AS entry_us, level, ranked
  FROM next_steps
  CROSS JOIN LATERAL (
    -- The entry first, whatever else is at its time.
    SELECT array_agg(found.event ORDER BY found.step <> next_steps.step, found.event) AS events
    FROM (VALUES {next_event_rows}) AS found(step, event)
    WHERE found.event[1] - time_us <= $8::bigint
  ) AS sorted
  CROSS JOIN LATERAL (
    SELECT max(n) AS level
    FROM generate_series(1, array_length(events, 1)) AS n
    WHERE {nothing_excludes}
  ) AS longest
  CROSS JOIN LATERAL (
    SELECT ARRAY[level, -events[level][1]]
             || array_agg(CASE WHEN n = 1 THEN events[n][1] ELSE -events[n][1] END ORDER BY n)
             || -events[level][2]
             || array_agg(CASE WHEN n = 1 THEN events[n][2] ELSE -events[n][2] END ORDER BY n) AS ranked
    FROM generate_series(1, level) AS n
  ) AS signed
  WHERE is_entry

-- The timed attempt of each actor of a funnel of {steps} steps: of its level, ending first, then starting last, then with
-- the earliest further steps; all by time first, then, where the events themselves are asked for, by their places.
-- ranked is {level, -end, t1, -t2, ..., -tn}, and with places {..., -place of the end, p1, -p2, ..., -pn}.
--
-- $8 bigint         window in microseconds, inclusive, as in funnel_events
-- $10 timestamptz   as_of
-- $11 boolean       whether an attempt may still be continued behind as_of
), actors AS (
  SELECT user_id, session, max(ranked) AS best, max(entry_us) AS last_entry_us
  FROM attempts
  GROUP BY user_id, session
), timed_attempts AS (
  SELECT user_id, session, best[1]::int AS level, {times} AS times{places},
         best[1] < {steps} AND $11::boolean
           AND last_entry_us + $8::bigint > (extract(epoch FROM $10::timestamptz) * 1000000)::bigint AS is_open
  FROM actors

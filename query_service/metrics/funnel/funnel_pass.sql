-- Step {step} of a funnel, from step {previous}. Extends the best attempt among the
-- actor's earlier events, or that of the very last one for STRICT. The greatest one starts last: when it is too
-- old, all are. The partition has the counts of the exclusions that may not stand between these two steps.
--
-- $8 bigint         window in microseconds, inclusive, as in funnel_events
), pass_{step} AS (
  -- Named one by one: with every pass's attempts the rows of twenty steps would be wide.
  SELECT user_id, session, time_us, steps, lowest_step, producer_no, sequence, is_entry{columns},
         coalesce(attempt_{previous}, longest) AS longest,
         CASE WHEN steps & (1 << {previous}) <> 0
                   AND time_us - ({best})[1] <= $8::bigint
              THEN {attempt}
         END AS attempt_{step}
  FROM pass_{previous}
  WINDOW earlier AS (
    PARTITION BY user_id, session{partition}
    ORDER BY {order}
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)

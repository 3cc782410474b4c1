-- Step {step} of a funnel, from step {previous}. Extends the best attempt among the
-- actor's earlier events. The greatest one starts last: when it is too old, all are.
--
-- $8 bigint         window in microseconds, inclusive, as in funnel_events
), pass_{step} AS (
  -- Named one by one: with every pass's attempts the rows of twenty steps would be wide.
  SELECT user_id, session, time_us, steps, lowest_step, producer_no, sequence, is_entry,
         coalesce(attempt_{previous}, longest) AS longest,
         CASE WHEN steps & (1 << {previous}) <> 0
                   AND time_us - (max(attempt_{previous}) OVER earlier)[1] <= $8::bigint
              THEN max(attempt_{previous}) OVER earlier || -time_us
         END AS attempt_{step}
  FROM pass_{previous}
  WINDOW earlier AS (
    PARTITION BY user_id, session
    ORDER BY time_us, lowest_step, producer_no, sequence
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)

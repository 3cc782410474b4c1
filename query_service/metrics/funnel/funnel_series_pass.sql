-- A funnel over time, step {step}, backward: from each event of this step the earliest time at which the steps that are
-- asked about are reached, through the event of step {next} that gets there first. Backward, because the
-- best attempt that ends with an event hides the earlier entries of other buckets.
), back_{step} AS (
  SELECT user_id, session, time_us, steps, lowest_step, producer_no, sequence, is_entry{columns}{reached}
  FROM back_{next}
  WINDOW later AS (
    PARTITION BY user_id, session{partition}
    ORDER BY {order}
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)

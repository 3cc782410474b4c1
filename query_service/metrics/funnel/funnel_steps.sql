-- ORDERED and STRICT: the events in which the passes look for steps.
), step_events AS (
  SELECT user_id, session, time_us, steps,
         steps & -steps AS lowest_step,  -- its bit alone
         producer_no, sequence,
         steps & 1 = 1 AND is_in_interval AS is_entry{step_columns}
  FROM {events}
  WHERE {every_event} OR steps <> 0

-- A funnel over time, where it begins, backward: the events that reach {to_step}, the last step that is asked about.
), back_{to_step} AS (
  SELECT *, CASE WHEN {is_step} THEN time_us END AS to_{to_step}{reached}
  FROM step_events

-- Behind funnel_events, where properties are held constant: events without a value for one are ignored.
), held_events AS (
  SELECT * FROM matching_events WHERE array_position(held, NULL) IS NULL

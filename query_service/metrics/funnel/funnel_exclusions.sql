-- Behind funnel_events, for ORDERED with exclusions: how many of each exclusion an actor has had, so far.
-- At the same time an exclusion comes before the steps, so the count takes in all of that time: one stands between two
-- steps just when their counts differ.
), exclusion_counts AS (
  SELECT *{exclusion_counts}
  FROM {events}
  WINDOW seen AS (PARTITION BY user_id, session{held} ORDER BY time_us)

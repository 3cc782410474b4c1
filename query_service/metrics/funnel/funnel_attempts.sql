-- Behind the last pass of a funnel of {steps} steps: its attempts, the longest that ends with each event. ranked: the
-- greatest one of an actor is its timed attempt.
), attempts AS (
  SELECT user_id, session, CASE WHEN is_entry THEN time_us END AS entry_us, {ranked} AS ranked
  FROM (SELECT *, coalesce(attempt_{steps}, longest) AS attempt FROM pass_{steps}) AS ends
  WHERE attempt IS NOT NULL

-- Piece of retention without a breakdown, behind retention_first_time.sql or retention_recurring.sql: the cohorts.
--
-- $2 timestamptz[]  starts of the periods, the first of them that of the first cohort; ends with an end
--
-- Leaves: ranked_values (value, rank; empty), members (user_id, cohort from 1, start_time, breakdown_row 0)
, ranked_values AS (
  SELECT NULL::text AS value, 0::bigint AS rank WHERE false
), members AS (
  SELECT user_id, width_bucket(start_time, $2::timestamptz[]) AS cohort, start_time, 0 AS breakdown_row
  FROM starts
)

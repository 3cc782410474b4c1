-- Piece of retention with a breakdown, behind retention_first_time.sql or retention_recurring.sql: the cohorts, each
-- member with the row that the value of its start event belongs to.
--
-- $1 int            project
-- $2 timestamptz[]  starts of the periods, the first of them that of the first cohort; ends with an end
-- $3 timestamptz    end of the start events that are read, exclusive
--
-- {limit} is a number: rows with a value of their own. Filters stand at their places.
--
-- Leaves: ranked_values (value, rank from 1), members (user_id, cohort from 1, start_time, breakdown_row:
-- the rank, {limit} + 1 for the values behind, {limit} + 2 where there is none)
, valued_starts AS (
  -- Of start events at one instant the first in event order. Only these are sorted: the others are none of theirs.
  SELECT DISTINCT ON (s.user_id, s.start_time) s.user_id, s.start_time, {breakdown} AS value
  FROM analytics_events AS e
  JOIN known_names AS n USING (event_name_id)
  JOIN starts AS s ON s.user_id = e.user_id AND s.start_time = e.event_time
  {users}
  WHERE e.project_id = $1::int
    AND e.event_time >= ($2::timestamptz[])[1] AND e.event_time < $3::timestamptz
    AND n.is_start AND {filter} AND {start_filter}
  ORDER BY s.user_id, s.start_time, e.producer_no, e.sequence
), ranked_values AS (
  SELECT value, row_number() OVER (ORDER BY count(*) DESC, value COLLATE "C") AS rank
  FROM valued_starts
  WHERE value IS NOT NULL
  GROUP BY value
), members AS (
  SELECT s.user_id, width_bucket(s.start_time, $2::timestamptz[]) AS cohort, s.start_time,
         CASE WHEN v.rank IS NULL THEN {limit} + 2 ELSE least(v.rank, {limit} + 1) END::int AS breakdown_row
  FROM valued_starts AS s LEFT JOIN ranked_values AS v USING (value)
)

-- Piece of retention, CALENDAR, behind the members: in which later periods they came back. retention_totals.sql follows.
--
-- $1 int            project
-- $2 timestamptz[]  starts of the periods, the first of them that of the first cohort; ends with an end
-- $4 timestamptz    end of the return events that are read, exclusive
-- $7 int[]          offsets with which segments begin, from 1 on: segment 0 is offset 0
-- $12 text          property whose numbers are added up; only with {values}
--
-- {values}, {own_cohort} and {value} are fixed pieces for sums, {neighbours} for what a mode needs to know of a user's
-- other periods. {actors} counts each user by one row of a segment. {asked} leaves out offsets that nobody
-- asks for. Filters stand at their places: of all events, and of return events.
--
-- Leaves: return_totals (breakdown_row, cohort, segment, actors, value)
, return_periods AS MATERIALIZED (
  -- Materialized: else width_bucket is computed anew for each pair below.
  SELECT e.user_id, width_bucket(e.event_time, $2::timestamptz[]) AS period, {values}
  FROM analytics_events AS e
  JOIN known_names AS n USING (event_name_id)
  {own_cohort}
  {users}
  WHERE e.project_id = $1::int
    AND e.event_time >= ($2::timestamptz[])[1] AND e.event_time < $4::timestamptz
    AND n.is_return AND {filter} AND {return_filter}
  GROUP BY e.user_id, period
), user_periods AS (
  SELECT user_id, period, value, value_from_start{neighbours} FROM return_periods
), offset_totals AS (
  -- With RECURRING a user has many pairs of periods: they are added up before anything else is done with them.
  SELECT m.breakdown_row, m.cohort, r.period - m.cohort AS period_offset, {actors} AS actors, {value} AS value
  FROM members AS m
  JOIN user_periods AS r ON r.user_id = m.user_id AND r.period >= m.cohort {asked}
  GROUP BY m.breakdown_row, m.cohort, period_offset
), return_totals AS (
  SELECT breakdown_row, cohort, width_bucket(period_offset, $7::int[]) AS segment, sum(actors) AS actors,
         sum(value) AS value
  FROM offset_totals
  GROUP BY breakdown_row, cohort, segment
)

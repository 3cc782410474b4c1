-- Piece of retention, ROLLING, behind the members: how long after their start they came back. retention_totals.sql
-- follows.
--
-- $1 int            project
-- $2 timestamptz[]  starts of the periods, the first of them that of the first cohort; ends with an end
-- $4 timestamptz    end of the return events that are read, exclusive
-- $7 interval[]     times since the start with which segments begin, in hours: no day is 24 of them by chance
-- $12 text          property whose numbers are added up; only with {values}
--
-- {values} is a fixed piece, for sums; {is_counted} says whether this is the one row by which a user counts
-- in the segment. Filters stand at their places: of all events, and of return events.
--
-- Leaves: return_totals (breakdown_row, cohort, segment, actors, value)
, user_segments AS (
  SELECT m.user_id, m.breakdown_row, m.cohort,
         width_bucket(e.event_time - m.start_time, $7::interval[]) AS segment, {values}
  FROM analytics_events AS e
  JOIN known_names AS n USING (event_name_id)
  JOIN members AS m ON m.user_id = e.user_id AND e.event_time >= m.start_time
  {users}
  WHERE e.project_id = $1::int
    AND e.event_time >= ($2::timestamptz[])[1] AND e.event_time < $4::timestamptz
    AND n.is_return AND {filter} AND {return_filter}
  GROUP BY m.user_id, m.breakdown_row, m.cohort, segment
), counted_segments AS (
  SELECT breakdown_row, cohort, segment, {is_counted} AS is_counted, value FROM user_segments
), return_totals AS (
  SELECT breakdown_row, cohort, segment, count(*) FILTER (WHERE is_counted) AS actors, sum(value) AS value
  FROM counted_segments
  GROUP BY breakdown_row, cohort, segment
)

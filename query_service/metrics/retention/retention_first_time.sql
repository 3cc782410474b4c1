-- Piece of retention, FIRST_TIME: each user's first start event over all history, of those whose first one
-- lies in a cohort. retention_members.sql or retention_breakdown.sql follows.
--
-- $1 int            project
-- $2 timestamptz[]  starts of the periods, the first of them that of the first cohort; ends with an end
-- $3 timestamptz    end of the start events that are read, exclusive: that of the cohorts, or just after as_of
-- $5 text[]         names of start events; NULL: any
-- $6 text[]         names of return events; NULL: any
--
-- Filters stand at their places: of all events, and of start events.
--
-- Leaves: known_names, starts (user_id, start_time)
WITH known_names AS (
  SELECT event_name_id,
         $5::text[] IS NULL OR name = ANY ($5::text[]) AS is_start,
         $6::text[] IS NULL OR name = ANY ($6::text[]) AS is_return
  FROM event_names
  WHERE project_id = $1::int
), starts AS (
  SELECT e.user_id, min(e.event_time) AS start_time
  FROM analytics_events AS e
  JOIN known_names AS n USING (event_name_id)
  {users}
  WHERE e.project_id = $1::int
    AND e.event_time < $3::timestamptz
    AND n.is_start AND {filter} AND {start_filter}
  GROUP BY e.user_id
  HAVING min(e.event_time) >= ($2::timestamptz[])[1]
)

-- Last piece of the actors of retention, behind the members of the one cohort: those that are asked for, a page.
--
-- $1 int          project
-- $4 timestamptz  end of the return events that are read, exclusive
-- $7 timestamptz  their start
-- $8 interval     the cell's beginning, since the actor's start; in hours. NULL: as $7 says
-- $9 interval     the cell's end, exclusive; NULL: as $4 says
-- $10 boolean     NULL: the whole cohort; else whether they are retained
-- $11 text        the last user of the page before; NULL: the first page
-- $12 bigint      rows at most: one more than the page has, to tell whether another follows
--
-- Filters stand at their places: of all events, and of return events.
--
-- One row per actor of the page, in order; one with user_text NULL when there is none: user_text text,
-- start_time, return_time bigint (microseconds since 1970; NULL: not retained), total_size bigint (of all pages)
, returned AS (
  SELECT m.user_id, min(e.event_time) AS return_time
  FROM analytics_events AS e
  JOIN known_names AS n USING (event_name_id)
  JOIN members AS m ON m.user_id = e.user_id
                   AND ($8::interval IS NULL OR e.event_time - m.start_time >= $8::interval)
                   AND ($9::interval IS NULL OR e.event_time - m.start_time < $9::interval)
  {users}
  WHERE e.project_id = $1::int
    AND e.event_time >= $7::timestamptz AND e.event_time < $4::timestamptz
    AND n.is_return AND {filter} AND {return_filter}
  GROUP BY m.user_id
), chosen AS (
  SELECT m.user_id, m.start_time, r.return_time
  FROM members AS m LEFT JOIN returned AS r USING (user_id)
  WHERE $10::boolean IS NULL OR (r.return_time IS NOT NULL) = $10::boolean
), page AS (
  SELECT u.distinct_id AS user_text, c.start_time, c.return_time
  FROM chosen AS c
  JOIN users AS u ON u.project_id = $1::int AND u.user_id = c.user_id
  WHERE $11::text IS NULL OR u.distinct_id COLLATE "C" > $11::text
  ORDER BY u.distinct_id COLLATE "C"
  LIMIT $12::bigint
)
SELECT page.user_text,
       (extract(epoch FROM page.start_time) * 1000000)::bigint AS start_time,
       (extract(epoch FROM page.return_time) * 1000000)::bigint AS return_time,
       total.total_size
FROM (SELECT count(*) AS total_size FROM chosen) AS total
LEFT JOIN page ON true
ORDER BY page.user_text COLLATE "C"

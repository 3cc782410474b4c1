-- Active users: distinct actors per bucket, the new ones among them, and trailing windows.
--
-- Reads all history up to $7: who is new can be told from nothing less.
--
-- A piece is a stretch of time between two thresholds. Piece 0 is all history before the
-- first; each bucket is one piece; where buckets are days, so is each of the 29
-- days before, and what an interval that starts within a day leaves of it.
--
-- $1 int            project
-- $2 timestamptz[]  the start of each piece from 1 on, ascending
-- $3 int[]          the day of each piece, counted from 0; NULL: no trailing windows
-- $4 int[]          the bucket of each piece, counted from 0; NULL: outside the interval
-- $5 boolean        by session; else by user
-- $6 text[]         names of the events that make active; NULL: any
-- $7 timestamptz    the end of what is read, exclusive
--
-- The filter stands at its place, with parameters from $8 on.
--
-- One row per bucket, in order: bucket int, active_count, new_count, trailing_7_day_count,
-- trailing_30_day_count bigint (the last two NULL without days), interval_active_count bigint
WITH pieces AS (
  SELECT place::int AS piece, day, bucket
  FROM unnest($3::int[], $4::int[]) WITH ORDINALITY AS p (day, bucket, place)
), presence AS (
  SELECT e.user_id, CASE WHEN $5::boolean THEN e.session_id END AS session_id,
         width_bucket(e.event_time, $2::timestamptz[]) AS piece
  FROM analytics_events AS e {users}
  WHERE e.project_id = $1::int
    AND e.event_time < $7::timestamptz
    AND (NOT $5::boolean OR e.session_id IS NOT NULL)
    AND ($6::text[] IS NULL OR e.event_name_id IN (
          SELECT event_name_id FROM event_names WHERE project_id = $1::int AND name = ANY ($6::text[])))
    AND {filter}
  GROUP BY 1, 2, 3
), actor_pieces AS (
  -- Over the actor's own pieces. How long one active day keeps it in a trailing window: up to its
  -- next active day, which then does.
  SELECT piece,
         lag(piece) OVER own IS NULL AS is_first,
         bucket IS NOT NULL AND lag(bucket) OVER own IS NULL AS is_first_in_interval,
         lead(day) OVER own - day AS days_to_next
  FROM presence LEFT JOIN pieces USING (piece)
  WINDOW own AS (PARTITION BY user_id, session_id ORDER BY piece)
), piece_totals AS (
  -- Few rows: what follows reads no actors any more.
  SELECT piece, day, bucket, days_to_next, actors, first_actors, first_in_interval
  FROM (SELECT piece, least(days_to_next, 30) AS days_to_next, count(*) AS actors,
               count(*) FILTER (WHERE is_first) AS first_actors,
               count(*) FILTER (WHERE is_first_in_interval) AS first_in_interval
        FROM actor_pieces
        GROUP BY 1, 2) AS counted
  JOIN pieces USING (piece)
), bucket_totals AS (
  SELECT bucket, sum(actors)::bigint AS active_count, sum(first_actors)::bigint AS new_count
  FROM piece_totals
  WHERE bucket IS NOT NULL
  GROUP BY bucket
), edges AS (
  SELECT day, actors AS week, actors AS month FROM piece_totals WHERE day IS NOT NULL
  UNION ALL
  SELECT day + least(days_to_next, 7), -actors, 0 FROM piece_totals WHERE day IS NOT NULL
  UNION ALL
  SELECT day + least(days_to_next, 30), 0, -actors FROM piece_totals WHERE day IS NOT NULL
), trailing_windows AS (
  SELECT day, sum(coalesce(sum(week), 0)) OVER (ORDER BY day) AS week,
         sum(coalesce(sum(month), 0)) OVER (ORDER BY day) AS month
  FROM (SELECT DISTINCT day FROM pieces WHERE day IS NOT NULL) AS days LEFT JOIN edges USING (day)
  GROUP BY day
)
SELECT bucket,
       coalesce(active_count, 0) AS active_count,
       coalesce(new_count, 0) AS new_count,
       week::bigint AS trailing_7_day_count,
       month::bigint AS trailing_30_day_count,
       (SELECT coalesce(sum(first_in_interval), 0)::bigint FROM piece_totals) AS interval_active_count
FROM pieces LEFT JOIN bucket_totals USING (bucket) LEFT JOIN trailing_windows USING (day)
WHERE bucket IS NOT NULL
ORDER BY bucket

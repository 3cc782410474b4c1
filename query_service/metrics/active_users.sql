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
-- One row per bucket, in order: bucket int, active_count, new_count, trailing_7_day_count,
-- trailing_30_day_count bigint (the last two NULL without days), interval_active_count bigint
WITH pieces AS (
  SELECT place::int AS piece, day, bucket
  FROM unnest($3::int[], $4::int[]) WITH ORDINALITY AS p (day, bucket, place)
), presence AS (
  SELECT user_id, CASE WHEN $5::boolean THEN session_id END AS session_id,
         width_bucket(event_time, $2::timestamptz[]) AS piece
  FROM analytics_events
  WHERE project_id = $1::int
    AND event_time < $7::timestamptz
    AND (NOT $5::boolean OR session_id IS NOT NULL)
    AND ($6::text[] IS NULL OR event_name_id IN (
          SELECT event_name_id FROM event_names WHERE project_id = $1::int AND name = ANY ($6::text[])))
  GROUP BY 1, 2, 3
), actor_pieces AS (
  -- lead() over the actor's own days: how long one active day keeps it in a trailing window.
  SELECT user_id, session_id, piece, day, bucket,
         piece = min(piece) OVER (PARTITION BY user_id, session_id) AS is_first,
         lead(day) OVER (PARTITION BY user_id, session_id ORDER BY piece) AS next_day
  FROM presence LEFT JOIN pieces USING (piece)
), bucket_totals AS (
  SELECT bucket, count(*) AS active_count, count(*) FILTER (WHERE is_first) AS new_count
  FROM actor_pieces
  WHERE bucket IS NOT NULL
  GROUP BY bucket
), edges AS (
  SELECT day, count(*) AS week, count(*) AS month FROM actor_pieces WHERE day IS NOT NULL GROUP BY 1
  UNION ALL
  SELECT least(day + 7, next_day), -count(*), 0 FROM actor_pieces WHERE day IS NOT NULL GROUP BY 1
  UNION ALL
  SELECT least(day + 30, next_day), 0, -count(*) FROM actor_pieces WHERE day IS NOT NULL GROUP BY 1
), trailing_windows AS (
  SELECT day, sum(coalesce(sum(week), 0)) OVER (ORDER BY day) AS week,
         sum(coalesce(sum(month), 0)) OVER (ORDER BY day) AS month
  FROM (SELECT DISTINCT day FROM pieces WHERE day IS NOT NULL) AS days LEFT JOIN edges USING (day)
  GROUP BY day
), interval_actors AS (
  SELECT user_id, session_id FROM actor_pieces WHERE bucket IS NOT NULL GROUP BY 1, 2
)
SELECT bucket,
       coalesce(active_count, 0) AS active_count,
       coalesce(new_count, 0) AS new_count,
       week::bigint AS trailing_7_day_count,
       month::bigint AS trailing_30_day_count,
       (SELECT count(*) FROM interval_actors) AS interval_active_count
FROM pieces LEFT JOIN bucket_totals USING (bucket) LEFT JOIN trailing_windows USING (day)
WHERE bucket IS NOT NULL
ORDER BY bucket

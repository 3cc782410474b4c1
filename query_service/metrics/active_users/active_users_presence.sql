-- Where each actor has been: the head of the statement without a breakdown. active_users.sql goes on from
-- here and says what pieces, words and masks are.
--
-- $1 int            project
-- $2 timestamptz[]  the start of each piece from 1 on, ascending
-- $3 bigint[]       the bit of each piece from 0 on, as a mask
-- $4 int[]          the word of each piece from 0 on
-- $5 boolean        by session; else by user
-- $6 text[]         names of the events that make active; NULL: any
-- $7 timestamptz    the end of what is read, exclusive
-- $8 int            how many buckets
--
-- The filter stands at its place, with parameters from $11 on, behind $9 and $10 of active_users.sql.
WITH presence AS (
  SELECT 1 AS row_number, e.user_id,
         CASE WHEN $5::boolean THEN e.session_id ELSE 0 END AS session_id,
         -- With one word this is a constant: then the planner knows that there is one group an actor, and
         -- each parallel worker makes them for itself.
         CASE WHEN $8::int <= 30 THEN 0
              ELSE ($4::int[])[1 + width_bucket(e.event_time, $2::timestamptz[])] END AS word,
         bit_or(($3::bigint[])[1 + width_bucket(e.event_time, $2::timestamptz[])]) AS mask,
         min(e.event_time) AS first_time, min(e.event_time) AS actor_first_time
  FROM analytics_events AS e {users}
  WHERE e.project_id = $1::int
    AND e.event_time < $7::timestamptz
    AND (NOT $5::boolean OR e.session_id IS NOT NULL)
    AND ($6::text[] IS NULL OR e.event_name_id IN (
          SELECT event_name_id FROM event_names WHERE project_id = $1::int AND name = ANY ($6::text[])))
    AND {filter}
  GROUP BY 2, 3, 4
), answer_rows AS (
  SELECT 1 AS row_number, NULL::text AS value, 0::bigint AS value_count
)

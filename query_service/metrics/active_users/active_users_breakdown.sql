-- Where each actor has been, by value of a property: the head of the statement with a breakdown, in place of
-- active_users_presence.sql. Rows are numbered: from 1 the values with the most actors active in the interval,
-- then $12 + 1 for the other ones and $12 + 2 for events without a value. A value of which nobody is active in
-- the interval is one of the other ones.
--
-- The events are read twice: holding each actor's presence for every value, until it is known which
-- values have a row, took longer.
--
-- $1 int            project
-- $2 timestamptz[]  the start of each piece from 1 on, ascending
-- $3 bigint[]       the bit of each piece from 0 on, as a mask
-- $4 int[]          the word of each piece from 0 on
-- $5 boolean        by session; else by user
-- $6 text[]         names of the events that make active; NULL: any
-- $7 timestamptz    the end of what is read, exclusive
-- $8 int            how many buckets
-- $11 timestamptz   start of the interval
-- $12 int           values that have a row of their own, at most
--
-- The filter and the value stand at their places, with parameters from $13 on.
WITH active_values AS (
  SELECT value, count(*) AS actors
  FROM (SELECT {value} AS value
        FROM analytics_events AS e {users}
        WHERE e.project_id = $1::int
          AND e.event_time >= $11::timestamptz AND e.event_time < $7::timestamptz
          AND (NOT $5::boolean OR e.session_id IS NOT NULL)
          AND ($6::text[] IS NULL OR e.event_name_id IN (
                SELECT event_name_id FROM event_names WHERE project_id = $1::int AND name = ANY ($6::text[])))
          AND {filter}
        GROUP BY 1, e.user_id, CASE WHEN $5::boolean THEN e.session_id ELSE 0 END) AS active
  WHERE value IS NOT NULL
  GROUP BY value
), answer_rows AS (
  SELECT row_number() OVER (ORDER BY actors DESC, value COLLATE "C")::int AS row_number, value,
         (SELECT count(*) FROM active_values) AS value_count
  FROM (SELECT * FROM active_values ORDER BY actors DESC, value COLLATE "C" LIMIT $12::int) AS top
  UNION ALL
  SELECT $12::int + beyond, NULL, (SELECT count(*) FROM active_values) FROM generate_series(1, 2) AS beyond
), row_presence AS (
  SELECT CASE WHEN value IS NULL THEN $12::int + 2 ELSE coalesce(row_number, $12::int + 1) END AS row_number,
         user_id, session_id, word, bit_or(mask) AS mask, min(event_time) AS first_time
  FROM (SELECT {value} AS value, e.user_id, CASE WHEN $5::boolean THEN e.session_id ELSE 0 END AS session_id,
               CASE WHEN $8::int <= 30 THEN 0
                    ELSE ($4::int[])[1 + width_bucket(e.event_time, $2::timestamptz[])] END AS word,
               ($3::bigint[])[1 + width_bucket(e.event_time, $2::timestamptz[])] AS mask, e.event_time
        FROM analytics_events AS e {users}
        WHERE e.project_id = $1::int
          AND e.event_time < $7::timestamptz
          AND (NOT $5::boolean OR e.session_id IS NOT NULL)
          AND ($6::text[] IS NULL OR e.event_name_id IN (
                SELECT event_name_id FROM event_names WHERE project_id = $1::int AND name = ANY ($6::text[])))
          AND {filter}
        -- Has the value computed once.
        OFFSET 0) AS seen
  LEFT JOIN answer_rows USING (value)
  GROUP BY 1, 2, 3, 4
), actor_firsts AS (
  SELECT user_id, session_id, min(first_time) AS actor_first_time FROM row_presence GROUP BY 1, 2
), presence AS (
  SELECT row_number, user_id, session_id, word, mask, first_time, actor_first_time
  FROM row_presence JOIN actor_firsts USING (user_id, session_id)
)

-- The end of a funnel whose actors are asked for: those of some levels, a page of them. Follows
-- funnel_actors_whole or funnel_actors_row.
--
-- $1 int      project, as in funnel_events
-- $9 int      what an actor is, as in funnel_events
-- $12 int     the lowest level
-- $13 int     the highest level
-- $14 text    only users after this one, or of it those sessions after the next; '': from the start
-- $15 bigint  see $14
-- $16 bigint  rows at most
--
-- One row per actor, by user, then by session: distinct_id text, session bigint (0 for users), session_text text
-- (NULL for users, and for a session from before migration 8 unless a pipeline run), level int, times bigint[] (microseconds since 1970; the sign is of no account),
-- is_open boolean, kind int (of the breakdown: 0 a value, 1 none, 2 not reached; NULL without one), value text
-- (NULL unless kind is 0), is_in_other boolean, total_size bigint. One row with distinct_id NULL when there is
-- none.
), chosen AS (
  SELECT u.distinct_id COLLATE "C" AS distinct_id, t.user_id, t.session, t.level, t.times, t.is_open,
         t.kind, t.value, t.is_in_other
  FROM row_attempts AS t
  JOIN users AS u ON u.project_id = $1::int AND u.user_id = t.user_id
  WHERE t.level BETWEEN $12::int AND $13::int
), page AS (
  SELECT *
  FROM chosen
  WHERE (distinct_id, session) > ($14::text COLLATE "C", $15::bigint)
  ORDER BY distinct_id, session
  LIMIT $16::bigint
)
SELECT distinct_id, session, level, times, is_open, kind, value, is_in_other, total_size,
       (SELECT s.session_text
        FROM sessions AS s
        WHERE s.project_id = $1::int AND s.session_id = page.session AND $9::int = 1) AS session_text
FROM (SELECT count(*) AS total_size FROM chosen) AS totals
LEFT JOIN page ON true
ORDER BY distinct_id, session

-- A page of the actors that a fold over histories found (funnel_actors_by_history): their texts.
--
-- $1 int        project
-- $2 bigint[]   users of the actors, and beside them
-- $3 bigint[]   their sessions; 0 for users
-- $4 text       only users after this one, or of it those sessions after the next; '': from the start
-- $5 bigint     see $4
-- $6 bigint     rows at most
-- $7 boolean    whether actors are sessions
--
-- One row per actor, by user, then by session: place int (of the actor in $2, from 1), distinct_id text,
-- session_text text (NULL as in funnel_actors.sql), total_size bigint (of all pages). One row with distinct_id NULL when there
-- is none.
WITH chosen AS (
  SELECT u.distinct_id COLLATE "C" AS distinct_id, a.user_id, a.session, a.place
  FROM unnest($2::bigint[], $3::bigint[]) WITH ORDINALITY AS a(user_id, session, place)
  JOIN users AS u ON u.project_id = $1::int AND u.user_id = a.user_id
), page AS (
  SELECT *
  FROM chosen
  WHERE (distinct_id, session) > ($4::text COLLATE "C", $5::bigint)
  ORDER BY distinct_id, session
  LIMIT $6::bigint
)
SELECT place, distinct_id, total_size,
       (SELECT s.session_text
        FROM sessions AS s
        WHERE s.project_id = $1::int AND s.session_id = page.session AND $7::boolean) AS session_text
FROM (SELECT count(*) AS total_size FROM chosen) AS totals
LEFT JOIN page ON true
ORDER BY distinct_id, session

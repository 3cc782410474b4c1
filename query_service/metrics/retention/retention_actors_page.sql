-- A page of the actors of retention that were chosen out of histories, by their texts.
--
-- $1 int       project
-- $2 bigint[]  the users of all pages
-- $3 text      the last user of the page before; NULL: the first page
-- $4 bigint    rows at most: one more than the page has, to tell whether another follows
--
-- One row per actor of the page, in order: user_id bigint, user_text text
SELECT u.user_id, u.distinct_id AS user_text
FROM unnest($2::bigint[]) AS chosen(user_id)
JOIN users AS u ON u.project_id = $1::int AND u.user_id = chosen.user_id
WHERE $3::text IS NULL OR u.distinct_id COLLATE "C" > $3::text
ORDER BY u.distinct_id COLLATE "C"
LIMIT $4::bigint

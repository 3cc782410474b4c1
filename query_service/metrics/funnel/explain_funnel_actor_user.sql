-- The key of a user. Keys are a keyed hash that the query role cannot compute, and no index has the texts: this
-- reads the project's users. It is asked for one user at a time, by a person.
--
-- $1 int    project
-- $2 text   the user's id, as the client said it
--
-- At most one row: user_id bigint
SELECT user_id
FROM users
WHERE project_id = $1::int AND distinct_id = $2::text
LIMIT 1

-- One property of the users of a project, as it is now. Read in binary form.
--
-- $1 int   project
-- $2 text  its key
--
-- user_id bigint, value text (JSON; no row where there is none)
SELECT user_id, (properties -> $2::text)::text AS value
FROM users
WHERE project_id = $1::int AND properties ? $2::text

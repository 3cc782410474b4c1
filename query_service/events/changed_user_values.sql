-- One property of the users that some changes were about, as it is now. Read in binary form.
--
-- $1 int     project
-- $2 text    its key
-- $3 uuid[]  the changes
--
-- user_id bigint, value text (JSON; NULL where there is none)
SELECT user_id, (properties -> $2::text)::text AS value
FROM users
WHERE project_id = $1::int
  AND user_id IN (SELECT unnest(user_ids) FROM history_user_changes WHERE change_id = ANY ($3::uuid[]))

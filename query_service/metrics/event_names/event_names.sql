-- The project's event names, in the order of their bytes.
--
-- $1 int     project
-- $2 text    only names that start with this; '': all
-- $3 text    only names after this one; '': from the start
-- $4 bigint  rows at most
--
-- name text, created_at bigint (microseconds since 1970)
SELECT name, (extract(epoch FROM created_at) * 1000000)::bigint AS created_at
FROM event_names
WHERE project_id = $1::int
  AND starts_with(name, $2::text)
  AND name COLLATE "C" > $3::text
ORDER BY name COLLATE "C"
LIMIT $4::bigint

-- $1 int: project; $2 text[]: names
-- Columns: event_name_id, name
SELECT event_name_id, name
FROM event_names
WHERE project_id = $1::int AND name = ANY ($2::text[])

-- Adds names while the project has room for them.
-- $1 int: project; $2 text[]: names; $3 int: the maximum of the project
INSERT INTO event_names (project_id, name)
SELECT $1::int, name
FROM unnest($2::text[]) AS met (name)
WHERE NOT EXISTS (SELECT FROM event_names AS known WHERE known.project_id = $1::int AND known.name = met.name)
ORDER BY name COLLATE "C"
LIMIT greatest(0, $3::int - (SELECT count(*) FROM event_names WHERE project_id = $1::int))
ON CONFLICT DO NOTHING

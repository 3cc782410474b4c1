-- Makes a project; no row when the name is taken.
-- $1 text: name. $2 text: time zone.
-- Columns: project_id int.
INSERT INTO projects (name, time_zone) VALUES ($1, $2)
ON CONFLICT (name) DO NOTHING
RETURNING project_id;

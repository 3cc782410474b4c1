-- The names of a project's events.
--
-- $1 int  project
--
-- event_name_id int, name text
SELECT event_name_id, name FROM event_names WHERE project_id = $1::int

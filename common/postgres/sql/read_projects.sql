-- Every project. No parameters.
-- Columns: project_id int, name text, time_zone text.
SELECT project_id, name, time_zone FROM projects;

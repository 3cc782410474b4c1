-- Every project, oldest first. No parameters.
-- Columns: name text, time_zone text, created_at text (in UTC).
SELECT
  name,
  time_zone,
  to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at
FROM projects
ORDER BY project_id;

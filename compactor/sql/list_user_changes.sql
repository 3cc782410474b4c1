-- Projects with many changes to users that are not folded.
-- $1 int: how many are not yet many
-- Columns: project_id
SELECT project_id FROM history_user_changes GROUP BY project_id HAVING count(*) > $1

-- Folds changes to users into a new state of the project.
-- $1 int: project; $2 int: changes at most
WITH folded AS (
  DELETE FROM history_user_changes
  WHERE change_id IN (SELECT change_id FROM history_user_changes WHERE project_id = $1 LIMIT $2)
  RETURNING change_id
)
INSERT INTO history_user_states (project_id, folded)
SELECT $1, array_agg(change_id) FROM folded HAVING count(*) > 0
ON CONFLICT (project_id) DO UPDATE
SET state_id = gen_random_uuid(), previous = history_user_states.state_id, folded = EXCLUDED.folded

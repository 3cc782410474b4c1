-- What is known of changes to the properties of users.
--
-- $1 int  project
--
-- One row per change that is not folded, and one with change_id NULL: global_state text, state text, previous text
-- ('': none), folded text (as JSON), change_id text
WITH states AS (
  SELECT (SELECT state_id::text FROM history_user_states WHERE project_id = 0) AS global_state,
         coalesce((SELECT state_id::text FROM history_user_states WHERE project_id = $1::int), '') AS state,
         coalesce((SELECT previous::text FROM history_user_states WHERE project_id = $1::int), '') AS previous,
         coalesce((SELECT array_to_json(folded)::text FROM history_user_states WHERE project_id = $1::int), '[]') AS folded
)
SELECT global_state, state, previous, folded, NULL::text AS change_id FROM states
UNION ALL
SELECT global_state, state, previous, folded, change_id::text
FROM states CROSS JOIN history_user_changes
WHERE project_id = $1::int

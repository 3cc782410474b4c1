-- Takes insert_ids; those that were taken before do not come back.
-- $1 int[]: projects; $2 text[]: insert_ids
-- Columns: project_id, insert_id
INSERT INTO insert_ids (project_id, insert_id)
SELECT project_id, insert_id
FROM unnest($1::int[], $2::text[]) AS met (project_id, insert_id)
ORDER BY project_id, insert_id COLLATE "C"
ON CONFLICT DO NOTHING
RETURNING project_id, insert_id

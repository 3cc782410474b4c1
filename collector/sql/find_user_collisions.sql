-- Which of these users have the id of another text.
-- $1 int[]: projects; $2 bigint[]: user ids; $3 text[]: distinct ids
-- Columns: project_id, user_id
SELECT met.project_id, met.user_id
FROM unnest($1::int[], $2::bigint[], $3::text[]) AS met (project_id, user_id, distinct_id)
JOIN users USING (project_id, user_id)
WHERE users.distinct_id <> met.distinct_id

-- Users that this collector has not met. Sorted, so that two collectors cannot deadlock.
-- $1 int[]: projects; $2 bigint[]: user ids; $3 text[]: distinct ids
INSERT INTO users (project_id, user_id, distinct_id)
SELECT project_id, user_id, distinct_id
FROM unnest($1::int[], $2::bigint[], $3::text[]) AS met (project_id, user_id, distinct_id)
ORDER BY project_id, user_id
ON CONFLICT DO NOTHING

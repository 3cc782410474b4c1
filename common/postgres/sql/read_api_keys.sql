-- Every key, revoked ones as well.
-- $1 int: how many at most.
-- Columns: key_hash bytea, project_id int, may_collect bool, may_query bool, revoked bool.
SELECT key_hash, project_id, may_collect, may_query, revoked_at IS NOT NULL AS revoked
FROM api_keys
LIMIT $1;

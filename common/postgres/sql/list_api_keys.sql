-- Every key, oldest first. No parameters.
-- Columns: hash_prefix text, project text, label text, may_collect bool, may_query bool,
-- created_at text, revoked_at text or NULL (both in UTC).
SELECT
  left(encode(k.key_hash, 'hex'), 12) AS hash_prefix,
  p.name AS project,
  k.label,
  k.may_collect,
  k.may_query,
  to_char(k.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
  to_char(k.revoked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS revoked_at
FROM api_keys k
JOIN projects p USING (project_id)
ORDER BY k.created_at, k.key_hash;

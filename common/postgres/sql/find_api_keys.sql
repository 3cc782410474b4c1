-- The keys whose hash starts so.
-- $1 text: the start of the hash, in lower-case hex digits only.
-- Columns: key_hash bytea, revoked bool.
SELECT key_hash, revoked_at IS NOT NULL AS revoked
FROM api_keys
WHERE encode(key_hash, 'hex') LIKE $1 || '%'
LIMIT 2;

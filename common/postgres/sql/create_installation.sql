-- Makes the installation's hash key; nothing when there is one already.
-- $1 bytea: 16 random bytes. $2 bigint: the canary under them.
INSERT INTO installation (hash_key, canary) VALUES ($1, $2) ON CONFLICT DO NOTHING;

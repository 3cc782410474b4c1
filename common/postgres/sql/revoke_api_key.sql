-- Ends a key; its row stays, so that what it was is still known.
-- $1 bytea: SHA-256 of the key's text.
UPDATE api_keys SET revoked_at = now() WHERE key_hash = $1 AND revoked_at IS NULL;

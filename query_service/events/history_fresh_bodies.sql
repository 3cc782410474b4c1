-- Histories: the bodies of some fresh rows. Read in binary form.
--
-- $1 uuid[]  their ids
--
-- fresh_id text, month int, checksum bigint, body bytea
SELECT fresh_id::text AS fresh_id, month, checksum, body FROM history_fresh WHERE fresh_id = ANY ($1::uuid[])

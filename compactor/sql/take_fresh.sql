-- Fresh rows to be replaced; those that somebody else replaces right now are left out.
-- $1 uuid[]: their ids
-- Columns: fresh_id, event_count, checksum, body
SELECT fresh_id, event_count, checksum, body FROM history_fresh WHERE fresh_id = ANY($1) FOR UPDATE SKIP LOCKED

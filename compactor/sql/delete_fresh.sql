-- $1 uuid[]: ids of fresh rows
DELETE FROM history_fresh WHERE fresh_id = ANY($1)

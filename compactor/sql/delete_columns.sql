-- $1 uuid[]: blocks
DELETE FROM history_columns WHERE block_id = ANY($1)

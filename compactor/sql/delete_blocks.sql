-- $1 uuid[]: blocks
DELETE FROM history_blocks WHERE block_id = ANY($1)

-- All columns of a block.
-- $1 uuid: block
-- Columns: column_no, checksum, body
SELECT column_no, checksum, body FROM history_columns WHERE block_id = $1 ORDER BY column_no

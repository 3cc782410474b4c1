-- Forgets all histories of some months.
-- $1 int: the first month; $2 int: the month after the last
WITH gone AS (
  DELETE FROM history_blocks WHERE month >= $1 AND month < $2 RETURNING block_id
), columns_gone AS (
  DELETE FROM history_columns USING gone WHERE history_columns.block_id = gone.block_id
)
DELETE FROM history_fresh WHERE month >= $1 AND month < $2

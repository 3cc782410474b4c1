-- Histories: columns of blocks. Read in binary form.
--
-- $1 uuid[]  blocks, and beside each
-- $2 int[]   the number of a column
--
-- place bigint (of the two lists, from 1), checksum bigint, body bytea
SELECT wanted.place, c.checksum, c.body
FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS wanted (block_id, column_no, place)
JOIN history_columns AS c ON c.block_id = wanted.block_id AND c.column_no = wanted.column_no

-- $1 uuid: block; $2 int: number of the column; $3 bigint: checksum; $4 bytea: body
INSERT INTO history_columns (block_id, column_no, checksum, body) VALUES ($1, $2, $3, $4)

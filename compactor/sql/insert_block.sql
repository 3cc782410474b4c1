-- A block, without its columns.
-- $1 uuid: slice; $2 int: project; $3 int: month; $4 int: level; $5 int: events; $6 int: users; $7 bigint: first
-- user; $8 bigint: last user; $9 bigint: first time; $10 bigint: last time; $11 text[]: keys; $12 bigint: bytes
-- Columns: its id
INSERT INTO history_blocks (block_id, slice_id, project_id, month, level, event_count, user_count, first_user,
                            last_user, first_time_us, last_time_us, keys, body_bytes)
VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
RETURNING block_id

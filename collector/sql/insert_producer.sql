-- A new producer with its first epoch. No row comes back when another Hello made it meanwhile.
-- $1 int: project; $2 bytea: producer_id; $3 bytea: token; $4 boolean: durable
-- Columns: producer_no
INSERT INTO producers (project_id, producer_id, epoch, token, durable)
VALUES ($1::int, $2::bytea, 1, $3::bytea, $4::boolean)
ON CONFLICT DO NOTHING
RETURNING producer_no

-- The next epoch of a producer whose row is locked.
-- $1 int: producer number; $2 bytea: token; $3 boolean: durable
-- Columns: epoch
UPDATE producers
SET epoch = epoch + 1, token = $2::bytea, durable = $3::boolean, closed_at = NULL, updated_at = now()
WHERE producer_no = $1::int
RETURNING epoch

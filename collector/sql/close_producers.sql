-- The collector's own producers, at its orderly end.
-- $1 int[]: producer numbers
UPDATE producers SET closed_at = now(), updated_at = now() WHERE producer_no = ANY ($1::int[])

-- Moves the ledger; the rows are locked.
-- $1 int[]: producer numbers; $2 bigint[]: last sequences; $3 bytea[]: bookmarks, NULL keeps the old
-- one; $4 bigint[]: the numbers up to which they speak, NULL with NULL; $5 boolean[]: closed
UPDATE producers AS p
SET last_sequence = moved.last_sequence,
    bookmark = coalesce(moved.bookmark, p.bookmark),
    bookmark_sequence = coalesce(moved.bookmark_sequence, p.bookmark_sequence),
    closed_at = CASE WHEN moved.closed THEN now() ELSE p.closed_at END,
    updated_at = now()
FROM unnest($1::int[], $2::bigint[], $3::bytea[], $4::bigint[], $5::boolean[])
  AS moved (producer_no, last_sequence, bookmark, bookmark_sequence, closed)
WHERE p.producer_no = moved.producer_no

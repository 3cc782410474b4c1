-- $1 int[]: producer numbers; $2 bigint[]: first sequences; $3 bigint[]: last sequences; $4 text[]: reasons
INSERT INTO skipped_ranges (producer_no, first_sequence, last_sequence, reason)
SELECT * FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::text[])

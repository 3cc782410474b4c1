-- Locks the rows of a group's producers, in the order that every collector keeps.
-- $1 int[]: producer numbers
-- Columns: producer_no, epoch, last_sequence
SELECT producer_no, epoch, last_sequence
FROM producers
WHERE producer_no = ANY ($1::int[])
ORDER BY producer_no
FOR UPDATE

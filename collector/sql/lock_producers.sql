-- Locks the rows of a group's producers, in the order that every collector keeps.
-- $1 int[]: producer numbers
-- Columns: producer_no, epoch, last_sequence, token (hex)
SELECT producer_no, epoch, last_sequence, encode(token, 'hex')
FROM producers
WHERE producer_no = ANY ($1::int[])
ORDER BY producer_no
FOR UPDATE

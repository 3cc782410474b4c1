-- Locks the row of one producer for a Hello.
-- $1 int: project; $2 bytea: producer_id
-- Columns: producer_no, epoch, token (hex), last_sequence, bookmark (hex), bookmark_sequence
SELECT producer_no, epoch, encode(token, 'hex'), last_sequence, encode(bookmark, 'hex'), bookmark_sequence
FROM producers
WHERE project_id = $1::int AND producer_id = $2::bytea
FOR UPDATE

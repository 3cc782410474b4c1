-- The histories of a month are not to be trusted: SQL answers until they are rebuilt.
-- $1 int: month
UPDATE history_partitions SET state = 'sql' WHERE from_month <= $1 AND to_month > $1 AND state <> 'sql'

-- Makes SQL answer for partitions until the compactor has rebuilt their histories.
-- $1 name: which; $2 boolean: all instead
UPDATE history_partitions SET state = 'sql' WHERE $2 OR partition = $1

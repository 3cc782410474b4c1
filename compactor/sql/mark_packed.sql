-- From now on histories may answer for a partition.
-- $1 name: partition; $2 int: from_month; $3 int: to_month; $4 oid: filenode
INSERT INTO history_partitions (partition, from_month, to_month, filenode, state) VALUES ($1, $2, $3, $4, 'packed')
ON CONFLICT (partition) DO UPDATE
SET from_month = EXCLUDED.from_month, to_month = EXCLUDED.to_month, filenode = EXCLUDED.filenode, state = 'packed'

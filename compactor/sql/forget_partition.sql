-- $1 name: a partition that is gone
-- Columns: from_month, to_month
DELETE FROM history_partitions WHERE partition = $1 RETURNING from_month, to_month

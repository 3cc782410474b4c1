-- A partition as it is now, and what is known of it.
-- $1 name: partition
-- Columns: from_month, to_month, filenode; null when it is gone
SELECT real.from_month, real.to_month, real.filenode
FROM (SELECT $1::name AS partition) AS asked LEFT JOIN event_partitions AS real USING (partition)

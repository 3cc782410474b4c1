-- Partitions that histories answer for.
-- Columns: partition, from_month, to_month
SELECT partition, from_month, to_month FROM history_partitions JOIN event_partitions USING (partition, filenode, from_month, to_month)
WHERE state = 'packed' ORDER BY partition

-- Partitions for the months ahead.
-- Columns: how many were made
SELECT extend_event_partitions(now() + interval '3 months')

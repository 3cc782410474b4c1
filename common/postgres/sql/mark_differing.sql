-- Marks the packed partitions whose histories have another number of events than the table. No parameters.
-- Columns: partition name
WITH packed AS (
  SELECT month, sum(events) AS events
  FROM (
    SELECT month, event_count::bigint AS events FROM history_blocks
    UNION ALL SELECT month, event_count FROM history_fresh
  ) AS parts
  GROUP BY month
), stored AS (
  SELECT tableoid::regclass::name AS partition, count(*) AS events FROM analytics_events GROUP BY tableoid
)
UPDATE history_partitions AS known SET state = 'sql'
FROM history_partitions AS one LEFT JOIN stored USING (partition)
WHERE known.partition = one.partition AND known.state = 'packed'
  AND coalesce(stored.events, 0) <>
      (SELECT coalesce(sum(packed.events), 0) FROM packed WHERE month >= one.from_month AND month < one.to_month)
RETURNING known.partition

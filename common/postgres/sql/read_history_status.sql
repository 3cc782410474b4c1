-- How far the histories of each partition are packed. No parameters.
-- Columns: partition name; state text: packed, sql, replaced, new, gone; events, blocks, most slices of a project's
-- month, bytes, fresh rows, fresh events: bigint
WITH months AS (
  SELECT month, sum(events) AS events, sum(blocks) AS blocks, max(slices) AS slices, sum(bytes) AS bytes
  FROM (
    SELECT month, sum(event_count) AS events, count(*) AS blocks, count(DISTINCT slice_id) AS slices,
           sum(body_bytes) AS bytes
    FROM history_blocks GROUP BY month, project_id
  ) AS of_projects
  GROUP BY month
), fresh AS (
  SELECT month, count(*) AS fresh_rows, sum(event_count) AS fresh_events FROM history_fresh GROUP BY month
), partitions AS (
  SELECT partition, coalesce(real.from_month, known.from_month) AS from_month,
         coalesce(real.to_month, known.to_month) AS to_month,
         CASE WHEN real.filenode IS NULL THEN 'gone'
              WHEN known.filenode IS NULL THEN 'new'
              WHEN known.filenode <> real.filenode THEN 'replaced'
              ELSE known.state END AS state
  FROM event_partitions AS real FULL JOIN history_partitions AS known USING (partition)
)
SELECT partition, state, coalesce(sum(events), 0)::bigint, coalesce(sum(blocks), 0)::bigint,
       coalesce(max(slices), 0)::bigint, coalesce(sum(bytes), 0)::bigint, coalesce(sum(fresh_rows), 0)::bigint,
       coalesce(sum(fresh_events), 0)::bigint
FROM partitions
LEFT JOIN (months FULL JOIN fresh USING (month)) AS packed ON month >= from_month AND month < to_month
GROUP BY partition, state
ORDER BY partition

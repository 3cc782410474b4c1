-- Histories: a partition of the events for which they may not answer, of those that a question is about.
--
-- $1 int  first month, since January 1970
-- $2 int  last month
--
-- At most one row: partition text, state text ('gone', 'new' or that of history_partitions)
WITH attached AS (
  SELECT relname, relfilenode
  FROM pg_inherits JOIN pg_class ON oid = inhrelid
  WHERE inhparent = 'analytics_events'::regclass
)
SELECT coalesce(h.partition, a.relname)::text AS partition,
       CASE WHEN a.relname IS NULL THEN 'gone' WHEN h.partition IS NULL OR h.filenode <> a.relfilenode THEN 'new'
            ELSE h.state END AS state
FROM history_partitions AS h FULL JOIN attached AS a ON a.relname = h.partition
WHERE (a.relname IS NULL OR h.partition IS NULL OR h.filenode <> a.relfilenode OR h.state <> 'packed')
  AND coalesce(h.from_month <= $2::int AND h.to_month > $1::int, true)
LIMIT 1

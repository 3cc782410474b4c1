-- The partitions of which the histories are not all there is, and those that are gone.
-- Columns: partition, whether it is gone, from_month, to_month, why
SELECT partition, real.filenode IS NULL, coalesce(real.from_month, known.from_month),
       coalesce(real.to_month, known.to_month),
       CASE WHEN real.filenode IS NULL THEN 'gone'
            WHEN known.filenode IS NULL THEN 'new'
            WHEN known.filenode <> real.filenode THEN 'replaced'
            ELSE 'marked' END
FROM event_partitions AS real FULL JOIN history_partitions AS known USING (partition)
WHERE real.filenode IS DISTINCT FROM known.filenode OR known.state <> 'packed'
ORDER BY partition DESC

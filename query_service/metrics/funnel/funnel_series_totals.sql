-- The end of a funnel over time: distinct actors per bucket of their entries.
--
-- $10 bigint[]       starts of the buckets in microseconds, ascending, from the first
--
-- One row per bucket with an entry, in order: bucket int (from 1), entered, reached_from, reached_to bigint
), actor_buckets AS (
  SELECT user_id, session, width_bucket(entry_us, $10::bigint[]) AS bucket,
         bool_or(reaches_from) AS reaches_from, bool_or(reaches_to) AS reaches_to
  FROM entries
  GROUP BY 1, 2, 3
)
SELECT bucket, count(*) AS entered,
       count(*) FILTER (WHERE reaches_from) AS reached_from,
       count(*) FILTER (WHERE reaches_to) AS reached_to
FROM actor_buckets
GROUP BY bucket
ORDER BY bucket

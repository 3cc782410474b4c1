-- What all histories are.
-- Columns: blocks, slices, events, bytes, slices of that project's month which has most
SELECT coalesce(sum(blocks), 0)::bigint, coalesce(sum(slices), 0)::bigint, coalesce(sum(events), 0)::bigint,
       coalesce(sum(bytes), 0)::bigint, coalesce(max(slices), 0)
FROM (
  SELECT count(*) AS blocks, count(DISTINCT slice_id) AS slices, sum(event_count) AS events, sum(body_bytes) AS bytes
  FROM history_blocks GROUP BY project_id, month
) AS months

-- Pipeline funnel: the pipelines with a run in the interval. Follows pipeline_funnel_runs.sql.
--
-- $6 bigint  rows at most
--
-- pipeline text, run_count bigint; most runs first
SELECT pipeline COLLATE "C" AS pipeline, count(*) AS run_count
FROM runs
GROUP BY 1
ORDER BY run_count DESC, pipeline
LIMIT $6::bigint

-- Pipeline funnel: why the latest attempts failed. Follows pipeline_funnel_runs.sql.
--
-- $6 bigint  rows at most
--
-- phase, reason text ('': not said), run_count, failed_count bigint (all failures); most frequent first
SELECT coalesce(failed_phase, '') COLLATE "C" AS phase, coalesce(failure_reason, '') COLLATE "C" AS reason,
       count(*) AS run_count, (sum(count(*)) OVER ())::bigint AS failed_count
FROM runs JOIN attempts USING (user_id, session_id)
WHERE attempt = latest_attempt AND failed_at IS NOT NULL AND completed_at IS NULL
GROUP BY 1, 2
ORDER BY run_count DESC, phase, reason
LIMIT $6::bigint

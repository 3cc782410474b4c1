-- Pipeline funnel: the phases of the runs, in their usual order. Follows pipeline_funnel_runs.sql.
--
-- $6 bigint  rows at most
--
-- phase text; by the median of its place within the runs
, run_phases AS (
  -- A phase's place in a run: by when it was first heard of, then by when it was first completed.
  SELECT user_id, session_id, phase COLLATE "C" AS phase,
         row_number() OVER (PARTITION BY user_id, session_id
           ORDER BY least(min(phases.started_at), min(phases.completed_at)), min(phases.completed_at), phase COLLATE "C") AS place
  FROM phases JOIN runs USING (user_id, session_id)
  GROUP BY user_id, session_id, phase
)
SELECT phase
FROM run_phases
GROUP BY phase
ORDER BY percentile_cont(0.5) WITHIN GROUP (ORDER BY place), phase
LIMIT $6::bigint

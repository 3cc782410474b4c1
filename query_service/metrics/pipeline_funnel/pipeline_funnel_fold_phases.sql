-- Pipeline funnel, for its fold: the phases of the project's runs, as the attempts in pipeline_funnel_fold_attempts.sql.
--
-- $1 int  project
-- At `runs` stands nothing, or pipeline_funnel_fold_runs.sql.
--
-- phase text, attempt int, user_ids, session_ids, started, completed, items_in, items_out bytea; the last two are NULL
-- where no row has items
SELECT phase, attempt,
       string_agg(int8send(user_id), '') AS user_ids,
       string_agg(int8send(session_id), '') AS session_ids,
       string_agg(timestamptz_send(coalesce(started_at, '-infinity')), '') AS started,
       string_agg(timestamptz_send(coalesce(completed_at, '-infinity')), '') AS completed,
       string_agg(int8send(coalesce(items_in, -9223372036854775808)), '')
         FILTER (WHERE num_nonnulls(items_in, items_out) > 0) AS items_in,
       string_agg(int8send(coalesce(items_out, -9223372036854775808)), '')
         FILTER (WHERE num_nonnulls(items_in, items_out) > 0) AS items_out
FROM analytics_session_phases
WHERE project_id = $1::int {runs}
GROUP BY phase, attempt, num_nonnulls(items_in, items_out) > 0

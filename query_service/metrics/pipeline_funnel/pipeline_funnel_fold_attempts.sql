-- Pipeline funnel, for its fold: the attempts of the project's runs, as columns. Integers and microseconds since 2000,
-- eight bytes each, most significant first; the least of them: NULL. All columns of a row are equally long.
--
-- $1 int  project
-- At `runs` stands nothing, or pipeline_funnel_fold_runs.sql.
--
-- pipeline, failed_phase, failure_reason text, attempt int,
-- user_ids, session_ids, started, completed, failed bytea
SELECT pipeline, failed_phase, failure_reason, attempt,
       string_agg(int8send(user_id), '') AS user_ids,
       string_agg(int8send(session_id), '') AS session_ids,
       string_agg(timestamptz_send(coalesce(started_at, '-infinity')), '') AS started,
       string_agg(timestamptz_send(coalesce(completed_at, '-infinity')), '') AS completed,
       string_agg(timestamptz_send(coalesce(failed_at, '-infinity')), '') AS failed
FROM analytics_sessions
WHERE project_id = $1::int {runs}
GROUP BY pipeline, failed_phase, failure_reason, attempt

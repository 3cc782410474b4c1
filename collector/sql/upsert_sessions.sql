-- What pipeline events say about their runs. Commutes: of each time the earliest stands, with the texts
-- that came with it (of equal ones the least); of counts the greatest. One row per key, sorted.
-- $1 int[]: projects; $2 bigint[]: user ids; $3 bigint[]: session ids; $4 int[]: attempts; $5 text[]: session
-- texts; $6 text[]: pipelines; $7, $8, $9 bigint[]: started, completed, failed, microseconds; $10 text[]:
-- failed phases; $11 text[]: failure reasons; $12, $13 bigint[]: items in, out; $14 bigint[]: last moved
INSERT INTO analytics_sessions AS s
  (project_id, user_id, session_id, attempt, session_text, pipeline, started_at, completed_at, failed_at,
   failed_phase, failure_reason, items_in, items_out, last_moved_at)
SELECT project_id, user_id, session_id, attempt, session_text, pipeline,
       timestamptz 'epoch' + started_us * interval '1 microsecond',
       timestamptz 'epoch' + completed_us * interval '1 microsecond',
       timestamptz 'epoch' + failed_us * interval '1 microsecond',
       failed_phase, failure_reason, items_in, items_out,
       timestamptz 'epoch' + moved_us * interval '1 microsecond'
FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::int[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
            $9::bigint[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[])
  AS said (project_id, user_id, session_id, attempt, session_text, pipeline, started_us, completed_us, failed_us,
           failed_phase, failure_reason, items_in, items_out, moved_us)
ORDER BY project_id, user_id, session_id, attempt
ON CONFLICT (project_id, user_id, session_id, attempt) DO UPDATE SET
  pipeline = CASE
    WHEN excluded.started_at IS NULL OR excluded.started_at > s.started_at THEN s.pipeline
    WHEN excluded.started_at = s.started_at THEN least(s.pipeline COLLATE "C", excluded.pipeline COLLATE "C")
    ELSE excluded.pipeline END,
  started_at = least(s.started_at, excluded.started_at),
  completed_at = least(s.completed_at, excluded.completed_at),
  failed_phase = CASE
    WHEN excluded.failed_at IS NULL OR excluded.failed_at > s.failed_at THEN s.failed_phase
    WHEN excluded.failed_at = s.failed_at THEN least(s.failed_phase COLLATE "C", excluded.failed_phase COLLATE "C")
    ELSE excluded.failed_phase END,
  failure_reason = CASE
    WHEN excluded.failed_at IS NULL OR excluded.failed_at > s.failed_at THEN s.failure_reason
    WHEN excluded.failed_at = s.failed_at THEN least(s.failure_reason COLLATE "C", excluded.failure_reason COLLATE "C")
    ELSE excluded.failure_reason END,
  failed_at = least(s.failed_at, excluded.failed_at),
  items_in = greatest(s.items_in, excluded.items_in),
  items_out = greatest(s.items_out, excluded.items_out),
  last_moved_at = greatest(s.last_moved_at, excluded.last_moved_at)

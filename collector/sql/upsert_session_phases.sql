-- What pipeline events say about the phases of their runs; commutes as upsert_sessions.sql does.
-- $1 int[]: projects; $2 bigint[]: user ids; $3 bigint[]: session ids; $4 int[]: attempts; $5 text[]: phases;
-- $6, $7 bigint[]: started, completed, microseconds; $8, $9 bigint[]: items in, out
INSERT INTO analytics_session_phases AS p
  (project_id, user_id, session_id, attempt, phase, started_at, completed_at, items_in, items_out)
SELECT project_id, user_id, session_id, attempt, phase,
       timestamptz 'epoch' + started_us * interval '1 microsecond',
       timestamptz 'epoch' + completed_us * interval '1 microsecond',
       items_in, items_out
FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::int[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[],
            $9::bigint[])
  AS said (project_id, user_id, session_id, attempt, phase, started_us, completed_us, items_in, items_out)
ORDER BY project_id, user_id, session_id, attempt, phase COLLATE "C"
ON CONFLICT (project_id, user_id, session_id, attempt, phase) DO UPDATE SET
  started_at = least(p.started_at, excluded.started_at),
  completed_at = least(p.completed_at, excluded.completed_at),
  items_in = greatest(p.items_in, excluded.items_in),
  items_out = greatest(p.items_out, excluded.items_out)

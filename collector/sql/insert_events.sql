-- Times are microseconds since 1970: exact, where seconds as a double would not be.
-- $1 bigint[]: event times; $2 bigint[]: times of reception; $3 bigint[]: user ids; $4 bigint[]: session
-- ids, NULL: none; $5 bigint[]: sequences; $6 int[]: projects; $7 int[]: event names; $8 int[]: producer
-- numbers; $9 jsonb[]: properties, NULL: none
INSERT INTO analytics_events
  (event_time, received_at, user_id, session_id, sequence, project_id, event_name_id, producer_no, properties)
SELECT timestamptz 'epoch' + event_us * interval '1 microsecond',
       timestamptz 'epoch' + received_us * interval '1 microsecond',
       user_id, session_id, sequence, project_id, event_name_id, producer_no, properties
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::int[], $7::int[], $8::int[],
            $9::jsonb[])
  AS came (event_us, received_us, user_id, session_id, sequence, project_id, event_name_id, producer_no, properties)

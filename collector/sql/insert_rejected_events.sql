-- $1 int[]: producer numbers; $2 bigint[]: sequences; $3 int[]: projects; $4 bigint[]: times of reception,
-- microseconds; $5 text[]: reasons; $6 text[]: details; $7 bytea[]: payloads
INSERT INTO rejected_events (producer_no, sequence, project_id, received_at, reason, detail, payload)
SELECT producer_no, sequence, project_id, timestamptz 'epoch' + received_us * interval '1 microsecond',
       reason, detail, payload
FROM unnest($1::int[], $2::bigint[], $3::int[], $4::bigint[], $5::text[], $6::text[], $7::bytea[])
  AS came (producer_no, sequence, project_id, received_us, reason, detail, payload)

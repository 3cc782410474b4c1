-- Sessions that this collector has not met. Sorted, so that two collectors cannot deadlock.
-- $1 int[]: projects; $2 bigint[]: session ids; $3 text[]: session texts
INSERT INTO sessions (project_id, session_id, session_text)
SELECT project_id, session_id, session_text
FROM unnest($1::int[], $2::bigint[], $3::text[]) AS met (project_id, session_id, session_text)
ORDER BY project_id, session_id
ON CONFLICT DO NOTHING

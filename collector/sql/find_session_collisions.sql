-- Which of these sessions have the id of another text.
-- $1 int[]: projects; $2 bigint[]: session ids; $3 text[]: session texts
-- Columns: project_id, session_id
SELECT met.project_id, met.session_id
FROM unnest($1::int[], $2::bigint[], $3::text[]) AS met (project_id, session_id, session_text)
JOIN sessions USING (project_id, session_id)
WHERE sessions.session_text <> met.session_text

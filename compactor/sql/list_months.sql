-- Projects' months that have more than one slice.
-- Columns: project_id, month
SELECT project_id, month FROM history_blocks GROUP BY 1, 2 HAVING min(slice_id::text) <> max(slice_id::text)

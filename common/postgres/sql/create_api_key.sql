-- Makes a key; no row when there is no such project.
-- $1 bytea: SHA-256 of the key's text. $2 text: project. $3 text: label. $4 bool: may collect.
-- $5 bool: may query.
-- Columns: project_id int.
INSERT INTO api_keys (key_hash, project_id, label, may_collect, may_query)
SELECT $1, project_id, $3, $4, $5 FROM projects WHERE name = $2
RETURNING project_id;

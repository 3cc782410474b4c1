-- The installation's hash key, if there is one. No parameters.
-- Columns: hash_key bytea, canary bigint.
SELECT hash_key, canary FROM installation;

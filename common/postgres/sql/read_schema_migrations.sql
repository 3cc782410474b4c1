-- The steps that were applied, in order. No parameters.
-- Columns: version int, name text, checksum bytea.
SELECT version, name, checksum FROM schema_migrations ORDER BY version;

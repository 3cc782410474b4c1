-- Whether the database was ever migrated. No parameters.
-- Columns: found bool.
SELECT to_regclass('schema_migrations') IS NOT NULL AS found;

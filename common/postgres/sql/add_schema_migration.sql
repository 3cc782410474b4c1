-- Notes that a step was applied.
-- $1 int: version. $2 text: name. $3 bytea: SHA-256 of its text.
INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3);

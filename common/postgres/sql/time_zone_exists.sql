-- Whether PostgreSQL knows a time zone by this name.
-- $1 text: name, such as Europe/Berlin.
-- Columns: known bool.
SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1) AS known;

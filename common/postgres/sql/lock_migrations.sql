-- Keeps other migrators of this database out until the transaction ends. No parameters.
-- Migrating may take long, and so may waiting for another migrator; a step's own lock wait stays short, so that
-- it never makes the services queue behind it.
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = '5min';
SELECT pg_advisory_xact_lock(hashtext('donut.migrate'));
SET LOCAL lock_timeout = '10s';

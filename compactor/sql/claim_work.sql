-- Whether this session is the one at work on the database, from now until it ends. For thrift: two at work would be
-- as exact, and do everything twice. `donut history status` looks for this lock.
-- Columns: whether
SELECT pg_try_advisory_lock(hashtext('donut.compactor'))

-- One collector at a time adds names to a project, so that the maximum is exact.
-- $1 int: project
SELECT pg_advisory_xact_lock(hashtext('donut.event_names'), $1::int)

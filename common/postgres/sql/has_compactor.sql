-- Whether a compactor is at work on this database: it holds a lock of its own, see compactor/sql/claim_work.sql. No
-- parameters.
SELECT EXISTS (
  SELECT FROM pg_locks
  WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = hashtext('donut.compactor')::bigint >> 32 & 4294967295
    AND objid::bigint = hashtext('donut.compactor')::bigint & 4294967295
)

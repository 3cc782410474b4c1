-- Statistics of analytics_events as a whole. Autovacuum analyzes its partitions and never the table that is
-- partitioned, and without them the planner guesses how many events and users a question is about: it then
-- does not use a second processor, and joins row by row what it should hash.
--
-- Called every minute; does nothing unless the number of events has changed by a quarter since the last time, so
-- rarely once there are many. Reads a sample of each partition. Returns whether it did something.
CREATE FUNCTION analyze_events() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET lock_timeout = '2s'
AS $$
DECLARE
  -- Fewer are scanned before one could plan.
  least    CONSTANT bigint := 10000;
  analyzed float8;
  stored   float8;
BEGIN
  -- Two collectors at once: the second leaves it to the first.
  IF NOT pg_try_advisory_xact_lock(hashtext('donut.analyze_events')) THEN
    RETURN false;
  END IF;
  SELECT reltuples INTO analyzed FROM pg_class WHERE oid = 'analytics_events'::regclass;
  SELECT coalesce(sum(pg_stat_get_live_tuples(inhrelid)), 0) INTO stored
  FROM pg_inherits WHERE inhparent = 'analytics_events'::regclass;
  -- -1: never analyzed.
  IF stored < least OR (analyzed > 0 AND stored BETWEEN analyzed * 0.75 AND analyzed * 1.25) THEN
    RETURN false;
  END IF;
  ANALYZE analytics_events;
  RETURN true;
END
$$;

REVOKE ALL ON FUNCTION analyze_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION analyze_events TO donut_collector;

-- The collector inserts what it must; the query service reads. Both are without a
-- password: they log in over a trusted socket, or the service logs in as another
-- role and does SET ROLE. tests/common/postgres/roles_test.cc lists these grants.

DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['donut_collector', 'donut_query'] LOOP
    -- Roles belong to the whole cluster: another database may have made them.
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
        EXECUTE format('CREATE ROLE %I LOGIN', role_name);
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
    IF NOT pg_has_role(current_user, role_name, 'MEMBER') THEN
      EXECUTE format('GRANT %I TO CURRENT_USER', role_name);
    END IF;
  END LOOP;
END
$$;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
REVOKE ALL ON FUNCTION extend_event_partitions, expire_ledger FROM PUBLIC;

GRANT SELECT ON schema_migrations, projects, api_keys TO donut_collector, donut_query;

GRANT SELECT ON installation TO donut_collector;
GRANT SELECT, INSERT ON event_names, users TO donut_collector;
GRANT INSERT ON analytics_events, skipped_ranges, rejected_events TO donut_collector;
-- SELECT on the conflict columns, for ON CONFLICT.
GRANT SELECT, INSERT ON insert_ids TO donut_collector;
GRANT SELECT, INSERT, UPDATE ON producers, analytics_sessions, analytics_session_phases TO donut_collector;
GRANT EXECUTE ON FUNCTION extend_event_partitions, expire_ledger TO donut_collector;

GRANT SELECT ON event_names, users, analytics_events, analytics_sessions, analytics_session_phases,
  skipped_ranges, rejected_events TO donut_query;

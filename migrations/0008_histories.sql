-- Histories: the events once more, packed, a user's in order: what the query service answers from in
-- milliseconds. docs/histories.md tells how they are read, docs/operations.md how they are looked after.
--
-- In every snapshot the events of a month are those of its blocks and its fresh rows, each once: the collector
-- inserts a group's fresh rows in the transaction that stores its events, and the compactor replaces rows by
-- others that hold the same.

-- A collector of before would store events without fresh rows. It names this column in its COPY, so from now on
-- it stores nothing until it is replaced. ACCESS EXCLUSIVE, so what is on its way is in before.
ALTER TABLE analytics_events RENAME COLUMN received_at TO received_time;

-- Sessions by their text. The key is a keyed hash of (project, session text); it was one of (project, user,
-- session text) before, so what was stored then keeps its keys, and a run that was going on then has two.
CREATE TABLE sessions (
  project_id   int NOT NULL,
  session_id   bigint NOT NULL,
  session_text text NOT NULL,
  PRIMARY KEY (project_id, session_id)
);
INSERT INTO sessions
SELECT project_id, session_id, min(session_text) FROM analytics_sessions GROUP BY 1, 2;

-- One lock for all that rewrites histories. LOCK TABLE is the first statement of each such transaction, so that
-- its snapshot, which a REPEATABLE READ transaction takes with the statement after it, is of what the one before
-- left: ROW EXCLUSIVE for packing and merging, which may go on side by side, EXCLUSIVE for rebuilding and erasing.
CREATE TABLE history_work (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row));
INSERT INTO history_work DEFAULT VALUES;

-- Whether histories may answer for a partition of analytics_events. Only while its file is the one that was
-- packed (TRUNCATE, DROP, DETACH and VACUUM FULL by hand make another one, or none) and `state` says so. Else
-- SQL answers, until the compactor has rebuilt them from the table.
CREATE TABLE history_partitions (
  partition  name PRIMARY KEY,
  -- Months since January 1970, as in the tables below; `to_month` exclusive.
  from_month int NOT NULL,
  to_month   int NOT NULL,
  -- pg_class.relfilenode.
  filenode   oid NOT NULL,
  -- packed: blocks and fresh rows are all of it. sql: they are not, or not any more.
  state      text NOT NULL CHECK (state IN ('packed', 'sql'))
);

-- The events of one group of one project and month, in the order of their arrival (docs/histories.md). Ids are
-- random and never used twice, because readers remember rows by them.
CREATE TABLE history_fresh (
  fresh_id      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project_id    int NOT NULL,
  month         int NOT NULL,
  event_count   int NOT NULL,
  first_time_us bigint NOT NULL,  -- microseconds since 1970
  last_time_us  bigint NOT NULL,
  checksum      bigint NOT NULL,  -- XXH3_64bits of the body, signed
  -- Of its transaction's begin: what the compactor decides by.
  created_at    timestamptz NOT NULL DEFAULT now(),
  body          bytea NOT NULL
);

-- A block: users of one project in one month, from first_user to last_user. Blocks may overlap; what they hold
-- is added up.
CREATE TABLE history_blocks (
  block_id      uuid PRIMARY KEY,
  -- Blocks that were made together and so share no user, but at their edges where one has more than a block:
  -- what a reader has to merge is as many histories of a user as there are slices.
  slice_id      uuid NOT NULL DEFAULT gen_random_uuid(),
  project_id    int NOT NULL,
  month         int NOT NULL,
  -- How often its events were merged: 0 when packed out of fresh rows.
  level         int NOT NULL,
  event_count   int NOT NULL,
  user_count    int NOT NULL,
  first_user    bigint NOT NULL,
  last_user     bigint NOT NULL,
  first_time_us bigint NOT NULL,
  last_time_us  bigint NOT NULL,
  -- The properties that have a column of their own, in the order of their columns.
  keys          text[] NOT NULL,
  body_bytes    bigint NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX history_blocks_month ON history_blocks (project_id, month);

-- Its columns: history/block.h numbers them.
CREATE TABLE history_columns (
  block_id  uuid NOT NULL,
  column_no int NOT NULL,
  checksum  bigint NOT NULL,  -- as in history_fresh
  body      bytea NOT NULL,
  PRIMARY KEY (block_id, column_no)
);

-- Whose properties a group of the collector has changed, so that a reader that knows the properties of all users
-- as of one snapshot has to read these users alone for a later one.
CREATE TABLE history_user_changes (
  change_id  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project_id int NOT NULL,
  user_ids   bigint[] NOT NULL
);
CREATE INDEX history_user_changes_project ON history_user_changes (project_id);

-- Old changes are folded into a state: who knows the one before and has seen these changes knows it as well. The
-- row of project 0 is of all projects: nobody who has seen another state of it knows anything.
CREATE TABLE history_user_states (
  project_id int PRIMARY KEY,
  state_id   uuid NOT NULL DEFAULT gen_random_uuid(),
  previous   uuid,
  folded     uuid[] NOT NULL DEFAULT '{}'
);
INSERT INTO history_user_states (project_id) VALUES (0);

-- Users that somebody else than the collector has changed: which ones is not told.
CREATE FUNCTION mark_users_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
  UPDATE history_user_states SET state_id = gen_random_uuid() WHERE project_id = 0;
  RETURN NULL;
END
$$;
CREATE TRIGGER user_properties_follow AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON users
FOR EACH STATEMENT WHEN (current_user <> 'donut_collector') EXECUTE FUNCTION mark_users_changed();

-- Bodies are compressed already and read whole. Out of line, so that what is looked through stays short; and
-- rows come and go quickly.
ALTER TABLE history_fresh ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE history_columns ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE history_fresh SET (
  toast_tuple_target = 128, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
  vacuum_truncate = off, toast.autovacuum_vacuum_scale_factor = 0.01, toast.autovacuum_vacuum_threshold = 1000,
  toast.vacuum_truncate = off);
ALTER TABLE history_columns SET (
  toast_tuple_target = 128, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
  vacuum_truncate = off, toast.autovacuum_vacuum_scale_factor = 0.01, toast.autovacuum_vacuum_threshold = 1000,
  toast.vacuum_truncate = off);

-- Months since January 1970 of a time.
CREATE FUNCTION history_month(at timestamptz) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ((extract(year FROM at AT TIME ZONE 'UTC') - 1970) * 12 + extract(month FROM at AT TIME ZONE 'UTC') - 1)::int;

-- The partitions of analytics_events as they are now, by the names that this schema gives: months and years.
CREATE VIEW event_partitions AS
SELECT relname AS partition, relfilenode AS filenode,
       history_month(from_time) AS from_month, history_month(to_time) AS to_month
FROM (
  SELECT relname, relfilenode,
         CASE WHEN relname ~ '_\d{4}$' THEN make_timestamptz(right(relname, 4)::int, 1, 1, 0, 0, 0, 'UTC')
              ELSE make_timestamptz(left(right(relname, 7), 4)::int, right(relname, 2)::int, 1, 0, 0, 0, 'UTC')
         END AS from_time,
         CASE WHEN relname ~ '_\d{4}$' THEN make_timestamptz(right(relname, 4)::int + 1, 1, 1, 0, 0, 0, 'UTC')
              ELSE make_timestamptz(left(right(relname, 7), 4)::int + right(relname, 2)::int / 12,
                                    right(relname, 2)::int % 12 + 1, 1, 0, 0, 0, 'UTC')
         END AS to_time
  FROM pg_inherits JOIN pg_class ON oid = inhrelid
  -- Halfway through DETACH .. CONCURRENTLY its events are not read any more.
  WHERE inhparent = 'analytics_events'::regclass AND NOT inhdetachpending
    AND relname ~ '^analytics_events_\d{4}(_\d{2})?$'
) AS named;

-- An event that somebody deletes or changes by hand is still in the histories: SQL answers then. The trigger
-- costs COPY nothing. The lock waits for a rebuild that does not see the change: else its end would say `packed`
-- again. And a rebuild waits for the end of this transaction.
CREATE FUNCTION mark_partition_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
  LOCK TABLE history_work IN ROW SHARE MODE;
  UPDATE history_partitions SET state = 'sql' WHERE partition = TG_TABLE_NAME AND state <> 'sql';
  RETURN NULL;
END
$$;
CREATE TRIGGER histories_follow AFTER DELETE OR UPDATE ON analytics_events
FOR EACH ROW EXECUTE FUNCTION mark_partition_changed();

-- Events that somebody else than the collector inserts have no fresh rows. Which partitions they went to is not
-- known without looking at each row, which would cost every COPY: all are packed again.
CREATE FUNCTION mark_partitions_filled() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
  LOCK TABLE history_work IN ROW SHARE MODE;
  UPDATE history_partitions SET state = 'sql' WHERE state <> 'sql';
  RETURN NULL;
END
$$;
CREATE TRIGGER histories_miss AFTER INSERT ON analytics_events
FOR EACH STATEMENT WHEN (current_user <> 'donut_collector') EXECUTE FUNCTION mark_partitions_filled();

-- As before (0002), and notes each new partition: it is empty, so its histories are all of it.
CREATE OR REPLACE FUNCTION extend_event_partitions(until timestamptz) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET timezone = 'UTC'
SET lock_timeout = '2s'
AS $$
DECLARE
  month_start timestamptz;
  month_end   timestamptz;
  new_name    text;
  made        int := 0;
BEGIN
  IF until > now() + interval '1 year' THEN
    RAISE EXCEPTION 'partitions are made for at most one year ahead';
  END IF;
  -- Two collectors at once: the second finds the work done.
  PERFORM pg_advisory_xact_lock(hashtext('donut.extend_event_partitions'));
  -- least() ignores NULL: no monthly partition at all.
  SELECT least(date_trunc('month', now()),
               max(to_timestamp(right(relname, 7), 'YYYY_MM')) + interval '1 month')
  INTO month_start
  FROM pg_inherits JOIN pg_class ON oid = inhrelid
  WHERE inhparent = 'analytics_events'::regclass AND relname ~ '^analytics_events_\d{4}_\d{2}$';
  WHILE month_start <= until LOOP
    month_end := month_start + interval '1 month';
    new_name := 'analytics_events_' || to_char(month_start, 'YYYY_MM');
    IF to_regclass(new_name) IS NULL THEN
      EXECUTE format('CREATE TABLE %I (LIKE analytics_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', new_name);
      EXECUTE format('ALTER TABLE %I ADD CONSTRAINT bounds CHECK (event_time >= %L AND event_time < %L)',
                     new_name, month_start, month_end);
      EXECUTE format('ALTER TABLE analytics_events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                     new_name, month_start, month_end);
      EXECUTE format('ALTER TABLE %I DROP CONSTRAINT bounds', new_name);
      INSERT INTO history_partitions (partition, from_month, to_month, filenode, state)
      SELECT p.partition, p.from_month, p.to_month, p.filenode, 'packed'
      FROM event_partitions AS p WHERE p.partition = new_name
      ON CONFLICT (partition) DO UPDATE SET filenode = EXCLUDED.filenode, state = EXCLUDED.state;
      made := made + 1;
    END IF;
    month_start := month_end;
  END LOOP;
  RETURN made;
END
$$;

-- What is stored already is packed by the compactor, partition by partition; until then SQL answers for it.
DO $$
DECLARE
  one    record;
  filled boolean;
BEGIN
  FOR one IN SELECT * FROM event_partitions LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I)', one.partition) INTO filled;
    INSERT INTO history_partitions (partition, from_month, to_month, filenode, state)
    VALUES (one.partition, one.from_month, one.to_month, one.filenode, CASE WHEN filled THEN 'sql' ELSE 'packed' END);
  END LOOP;
END
$$;

DO $$
BEGIN
  -- Roles belong to the whole cluster: another database may have made it.
  BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'donut_compactor') THEN
      CREATE ROLE donut_compactor LOGIN;
    END IF;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
  END;
  IF NOT pg_has_role(current_user, 'donut_compactor', 'MEMBER') THEN
    GRANT donut_compactor TO CURRENT_USER;
  END IF;
END
$$;

REVOKE ALL ON sessions, history_work, history_partitions, history_fresh, history_blocks, history_columns,
  history_user_changes, history_user_states, event_partitions FROM PUBLIC;
REVOKE ALL ON FUNCTION mark_partition_changed, mark_partitions_filled, mark_users_changed FROM PUBLIC;

GRANT SELECT, INSERT ON sessions TO donut_collector;
GRANT INSERT ON history_fresh, history_user_changes TO donut_collector;

GRANT SELECT ON schema_migrations, projects, api_keys, event_names, users, sessions, analytics_events,
  event_partitions TO donut_compactor;
GRANT SELECT, INSERT, UPDATE, DELETE ON history_partitions, history_fresh, history_blocks, history_columns,
  history_user_changes, history_user_states TO donut_compactor;
-- LOCK TABLE IN EXCLUSIVE MODE needs it.
GRANT SELECT, UPDATE ON history_work TO donut_compactor;

GRANT SELECT ON sessions, history_partitions, history_fresh, history_blocks, history_columns, history_user_changes,
  history_user_states, event_partitions TO donut_query;

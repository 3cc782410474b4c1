-- What happened. Rows of one user share user_id, the column by which a larger
-- installation is sharded: it is part of every key that holds user data, but for rejected_events (0003).

CREATE TABLE event_names (
  event_name_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id    int NOT NULL REFERENCES projects,
  name          text NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 200),
  created_at    timestamptz NOT NULL DEFAULT now(),
  UNIQUE (project_id, name)
);

-- user_id is a 64-bit keyed hash of (project, distinct_id): any number of collectors
-- agree on it without asking each other. The text is compared when an id is met
-- first, so two texts with one id are noticed.
CREATE TABLE users (
  project_id  int NOT NULL,
  user_id     bigint NOT NULL,
  distinct_id text NOT NULL,
  properties  jsonb NOT NULL DEFAULT '{}',
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (project_id, user_id)
);

-- No unique index: it would cost a factor of three in ingest. That nothing is stored
-- twice is the ledger's work (0003), and (producer_no, sequence) proves it.
-- No default partition: making a partition beside a filled one locks or fails.
CREATE TABLE analytics_events (
  event_time    timestamptz NOT NULL,
  received_at   timestamptz NOT NULL,
  user_id       bigint NOT NULL,
  -- Keyed hash of (project, user, session text); NULL: no session.
  session_id    bigint,
  sequence      bigint NOT NULL,
  project_id    int NOT NULL,
  event_name_id int NOT NULL,
  producer_no   int NOT NULL,
  -- NULL: none.
  properties    jsonb
) PARTITION BY RANGE (event_time);

CREATE INDEX analytics_events_time ON analytics_events
  USING brin (event_time) WITH (pages_per_range = 32, autosummarize = on);

-- Makes the partitions for events up to `until`: months that do not exist yet, from the one behind
-- the latest that does, at the latest from this one. So months in which no collector ran
-- get theirs, and old partitions that were dropped stay away. Each is built
-- aside and attached, because CREATE .. PARTITION OF waits for every open reader
-- and makes the writers behind it wait as well. Returns how many it made.
CREATE FUNCTION extend_event_partitions(until timestamptz) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET timezone = 'UTC'
SET lock_timeout = '2s'
AS $$
DECLARE
  month_start timestamptz;
  month_end   timestamptz;
  partition   text;
  made        int := 0;
BEGIN
  IF until > now() + interval '1 year' THEN
    RAISE EXCEPTION 'partitions are made for at most one year ahead';
  END IF;
  -- Two collectors at once: the second finds the work done.
  PERFORM pg_advisory_xact_lock(hashtext('donut.extend_event_partitions'));
  -- least() passes over NULL: no monthly partition at all.
  SELECT least(date_trunc('month', now()),
               max(to_timestamp(right(relname, 7), 'YYYY_MM')) + interval '1 month')
  INTO month_start
  FROM pg_inherits JOIN pg_class ON oid = inhrelid
  WHERE inhparent = 'analytics_events'::regclass AND relname ~ '^analytics_events_\d{4}_\d{2}$';
  WHILE month_start <= until LOOP
    month_end := month_start + interval '1 month';
    partition := 'analytics_events_' || to_char(month_start, 'YYYY_MM');
    IF to_regclass(partition) IS NULL THEN
      EXECUTE format('CREATE TABLE %I (LIKE analytics_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
      EXECUTE format('ALTER TABLE %I ADD CONSTRAINT bounds CHECK (event_time >= %L AND event_time < %L)',
                     partition, month_start, month_end);
      EXECUTE format('ALTER TABLE analytics_events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                     partition, month_start, month_end);
      EXECUTE format('ALTER TABLE %I DROP CONSTRAINT bounds', partition);
      made := made + 1;
    END IF;
    month_start := month_end;
  END LOOP;
  RETURN made;
END
$$;

-- Years from 1971 to two years ago, then months to three months ahead: few enough
-- that planning stays at about two milliseconds.
DO $$
DECLARE
  this_year int := extract(year FROM now() AT TIME ZONE 'UTC');
  from_time timestamptz;
BEGIN
  SET LOCAL timezone = 'UTC';
  FOR y IN 1971 .. this_year - 2 LOOP
    EXECUTE format('CREATE TABLE %I PARTITION OF analytics_events FOR VALUES FROM (%L) TO (%L)',
                   'analytics_events_' || y, make_timestamptz(y, 1, 1, 0, 0, 0), make_timestamptz(y + 1, 1, 1, 0, 0, 0));
  END LOOP;
  from_time := make_timestamptz(this_year - 1, 1, 1, 0, 0, 0);
  WHILE from_time < date_trunc('month', now()) LOOP
    EXECUTE format('CREATE TABLE %I PARTITION OF analytics_events FOR VALUES FROM (%L) TO (%L)',
                   'analytics_events_' || to_char(from_time, 'YYYY_MM'), from_time, from_time + interval '1 month');
    from_time := from_time + interval '1 month';
  END LOOP;
  PERFORM extend_event_partitions(now() + interval '3 months');
END
$$;

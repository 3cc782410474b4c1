-- What every producer has delivered: the reason why an acknowledged event is stored
-- exactly once. docs/adr/0002-producers-and-the-ledger.md tells the protocol.

CREATE TABLE producers (
  producer_no   int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id    int NOT NULL REFERENCES projects,
  producer_id   bytea NOT NULL CHECK (octet_length(producer_id) = 16),
  -- Raised by every Hello; streams of older epochs are fenced.
  epoch         bigint NOT NULL DEFAULT 0,
  -- The token of the Hello that got this epoch.
  token         bytea NOT NULL CHECK (octet_length(token) = 16),
  -- Everything up to here is stored, rejected or skipped for good.
  last_sequence bigint NOT NULL DEFAULT 0,
  bookmark      bytea NOT NULL DEFAULT '' CHECK (octet_length(bookmark) <= 256),
  -- The number up to which the bookmark speaks. last_sequence may be ahead of it: a batch that
  -- was committed in parts has its bookmark at its end, and skipped numbers have none.
  bookmark_sequence bigint NOT NULL DEFAULT 0,
  durable       boolean NOT NULL,
  -- Set by an orderly Close, unset by the next Hello.
  closed_at     timestamptz,
  created_at    timestamptz NOT NULL DEFAULT now(),
  updated_at    timestamptz NOT NULL DEFAULT now(),
  UNIQUE (project_id, producer_id)
);

-- Numbers that a client said it will never send. Kept for 90 days.
CREATE TABLE skipped_ranges (
  producer_no    int NOT NULL,
  first_sequence bigint NOT NULL,
  last_sequence  bigint NOT NULL,
  -- A SkipReason without its prefix, such as QUEUE_FULL.
  reason         text NOT NULL,
  received_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (producer_no, first_sequence)
);
CREATE INDEX skipped_ranges_time ON skipped_ranges USING brin (received_at);

-- Events that were refused one by one, as they came, so that they can be looked at
-- and sent again. Kept for 90 days.
CREATE TABLE rejected_events (
  producer_no int NOT NULL,
  sequence    bigint NOT NULL,
  project_id  int NOT NULL REFERENCES projects,
  received_at timestamptz NOT NULL DEFAULT now(),
  -- A RejectionReason without its prefix, such as MISSING_FIELD.
  reason      text NOT NULL,
  detail      text NOT NULL,
  -- A serialized Event, or the bytes of an Unparsed.
  payload     bytea NOT NULL,
  PRIMARY KEY (producer_no, sequence)
);
CREATE INDEX rejected_events_time ON rejected_events (project_id, received_at);
-- For their deletion, which asks for no project.
CREATE INDEX rejected_events_age ON rejected_events USING brin (received_at);

-- The insert_ids of the unary TrackEvents. A table of its own: a unique index on
-- the events would have to contain the event time.
CREATE TABLE insert_ids (
  project_id  int NOT NULL,
  insert_id   text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (project_id, insert_id)
) PARTITION BY HASH (project_id, insert_id);

DO $$
BEGIN
  FOR i IN 0 .. 7 LOOP
    EXECUTE format('CREATE TABLE %I PARTITION OF insert_ids FOR VALUES WITH (MODULUS 8, REMAINDER %s)',
                   'insert_ids_' || i, i);
  END LOOP;
END
$$;
CREATE INDEX insert_ids_time ON insert_ids USING brin (received_at);

-- Forgets what is too old to be asked for: insert_ids after 30 days, rejected events and skipped
-- ranges after 90 days, producers that closed and keep no id after a day, others after 90 days without
-- a word, unless they left a bookmark: that is a source which may be sent again at any time, and
-- without its row all of it would be stored twice.
-- A call deletes at most 10,000 rows of each table, so that it is short. Returns whether there is
-- more: call it again then, in another transaction.
CREATE FUNCTION expire_ledger() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
  most    CONSTANT int := 10000;
  deleted int;
  more    boolean := false;
BEGIN
  -- Two collectors at once: the second leaves it to the first.
  IF NOT pg_try_advisory_xact_lock(hashtext('donut.expire_ledger')) THEN
    RETURN false;
  END IF;

  -- By key: a ctid names a row of one partition only.
  DELETE FROM insert_ids AS i
  USING (SELECT project_id, insert_id FROM insert_ids
         WHERE received_at < now() - interval '30 days' LIMIT most) AS old
  WHERE i.project_id = old.project_id AND i.insert_id = old.insert_id;
  GET DIAGNOSTICS deleted = ROW_COUNT;
  more := more OR deleted = most;

  DELETE FROM rejected_events WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM rejected_events WHERE received_at < now() - interval '90 days' LIMIT most));
  GET DIAGNOSTICS deleted = ROW_COUNT;
  more := more OR deleted = most;

  DELETE FROM skipped_ranges WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM skipped_ranges WHERE received_at < now() - interval '90 days' LIMIT most));
  GET DIAGNOSTICS deleted = ROW_COUNT;
  more := more OR deleted = most;

  -- A row that is locked is in use, so it is not old.
  DELETE FROM producers WHERE producer_no = ANY (ARRAY(
    SELECT producer_no FROM producers
    WHERE (NOT durable AND closed_at < now() - interval '1 day')
       OR (bookmark = '' AND updated_at < now() - interval '90 days')
    LIMIT most FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS deleted = ROW_COUNT;
  RETURN more OR deleted = most;
END
$$;

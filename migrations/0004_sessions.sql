-- Pipeline runs: a row per attempt of a run, and per phase of an attempt, kept up in the same
-- transaction as the events that say so. Updates commute: each time is the
-- earliest that was said, so late and repeated events end in the same rows.

CREATE TABLE analytics_sessions (
  project_id     int NOT NULL,
  user_id        bigint NOT NULL,
  session_id     bigint NOT NULL,
  attempt        int NOT NULL CHECK (attempt >= 1),
  -- The client's own text for the run.
  session_text   text NOT NULL,
  -- NULL until a start was seen.
  pipeline       text,
  started_at     timestamptz,
  completed_at   timestamptz,
  failed_at      timestamptz,
  failed_phase   text,
  failure_reason text,
  items_in       bigint,
  items_out      bigint,
  -- The latest event time of anything said about this attempt.
  last_moved_at  timestamptz NOT NULL,
  PRIMARY KEY (project_id, user_id, session_id, attempt)
);
CREATE INDEX analytics_sessions_start ON analytics_sessions (project_id, pipeline, started_at);

CREATE TABLE analytics_session_phases (
  project_id   int NOT NULL,
  user_id      bigint NOT NULL,
  session_id   bigint NOT NULL,
  attempt      int NOT NULL CHECK (attempt >= 1),
  phase        text NOT NULL,
  started_at   timestamptz,
  completed_at timestamptz,
  items_in     bigint,
  items_out    bigint,
  PRIMARY KEY (project_id, user_id, session_id, attempt, phase)
);

-- Who may send and ask. A project is found from a key, never from a payload.

CREATE TABLE projects (
  project_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL UNIQUE CHECK (octet_length(name) BETWEEN 1 AND 200),
  -- An IANA name: the default of questions that name no zone.
  time_zone  text NOT NULL DEFAULT 'UTC',
  created_at timestamptz NOT NULL DEFAULT now()
);

-- While there is no key at all, every caller on loopback belongs to this one.
INSERT INTO projects (name) VALUES ('default');

-- Keys are random and long, so a plain SHA-256 keeps them: the text is shown once
-- and stored nowhere.
CREATE TABLE api_keys (
  key_hash    bytea PRIMARY KEY CHECK (octet_length(key_hash) = 32),
  project_id  int NOT NULL REFERENCES projects,
  label       text NOT NULL DEFAULT '',
  may_collect boolean NOT NULL,
  may_query   boolean NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  revoked_at  timestamptz
);

-- The key that turns texts into 64-bit ids. Made by the first migration, never
-- rotated: another key would make other ids of the same users. The canary is the
-- hash of a fixed text, so that a service with a wrong key notices at its start.
CREATE TABLE installation (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  hash_key bytea NOT NULL CHECK (octet_length(hash_key) = 16),
  canary   bigint NOT NULL
);

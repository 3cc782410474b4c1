-- Pipeline funnel, for its fold: only the runs with any attempt in the interval; the first one is among them. A piece of
-- a statement.
--
-- $1 int          project
-- $2 timestamptz  start
-- $3 timestamptz  end, exclusive
AND (user_id, session_id) IN (
  SELECT user_id, session_id
  FROM analytics_sessions
  WHERE project_id = $1::int AND started_at >= $2::timestamptz AND started_at < $3::timestamptz)

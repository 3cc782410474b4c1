-- Pipeline funnel, first piece: the runs of the interval as they stood at as_of. A
-- piece of a statement: pipeline_funnel_<what>.sql follows it. Times after as_of are as if
-- they had not been said.
--
-- $1 int          project
-- $2 timestamptz  start
-- $3 timestamptz  end, exclusive
-- $4 timestamptz  as_of, inclusive
-- $5 text         pipeline; NULL: all
WITH candidates AS (
  -- Runs with any attempt in the interval: the first one is among them.
  SELECT user_id, session_id
  FROM analytics_sessions
  WHERE project_id = $1::int AND started_at >= $2::timestamptz AND started_at < $3::timestamptz
    AND ($5::text IS NULL OR pipeline = $5::text)
  GROUP BY 1, 2
), attempts AS (
  SELECT user_id, session_id, attempt, pipeline, failed_phase, failure_reason,
         CASE WHEN started_at <= $4::timestamptz THEN started_at END AS started_at,
         CASE WHEN completed_at <= $4::timestamptz THEN completed_at END AS completed_at,
         CASE WHEN failed_at <= $4::timestamptz THEN failed_at END AS failed_at
  FROM analytics_sessions JOIN candidates USING (user_id, session_id)
  WHERE project_id = $1::int
), phases AS (
  SELECT user_id, session_id, attempt, phase, items_in, items_out,
         CASE WHEN started_at <= $4::timestamptz THEN started_at END AS started_at,
         CASE WHEN completed_at <= $4::timestamptz THEN completed_at END AS completed_at
  FROM analytics_session_phases JOIN candidates USING (user_id, session_id)
  WHERE project_id = $1::int AND (started_at <= $4::timestamptz OR completed_at <= $4::timestamptz)
), moves AS (
  -- Every attempt of which anything was seen.
  SELECT user_id, session_id, attempt FROM attempts
  WHERE started_at IS NOT NULL OR completed_at IS NOT NULL OR failed_at IS NOT NULL
  UNION
  SELECT user_id, session_id, attempt FROM phases
), latest AS (
  SELECT user_id, session_id, max(attempt) AS latest_attempt FROM moves GROUP BY 1, 2
), runs AS (
  SELECT user_id, session_id, pipeline, latest_attempt
  FROM (
    SELECT user_id, session_id, pipeline, started_at,
           row_number() OVER (PARTITION BY user_id, session_id ORDER BY attempt) AS place
    FROM attempts
    WHERE started_at IS NOT NULL
  ) AS starts JOIN latest USING (user_id, session_id)
  WHERE place = 1 AND pipeline IS NOT NULL
    AND started_at >= $2::timestamptz AND started_at < $3::timestamptz
    AND ($5::text IS NULL OR pipeline = $5::text)
)

-- Pipeline funnel, for its fold: how many attempts there are, in the interval and in all.
--
-- $1 int          project
-- $2 timestamptz  start
-- $3 timestamptz  end, exclusive
--
-- One row: interval_count, attempt_count bigint
SELECT count(*) FILTER (WHERE started_at >= $2::timestamptz AND started_at < $3::timestamptz) AS interval_count,
       count(*) AS attempt_count
FROM analytics_sessions
WHERE project_id = $1::int

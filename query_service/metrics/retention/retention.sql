-- First-time retention by calendar period: who started in which period, and in which
-- later ones these came back.
--
-- $1 int            project
-- $2 timestamptz[]  starts of the periods, the first of them the interval's; ends with the end of the
--                   last period that is asked for
-- $3 int            how many of these periods make cohorts
-- $4 int[]          offsets
-- $5 timestamptz    end of the scan, exclusive: that of the last period, or just after as_of
-- $6 text[]         names of start events; NULL: any
-- $7 text[]         names of return events; NULL: any
--
-- Filters stand at three places, with parameters from $8 on: of all events, of start events, of return events.
--
-- One row per cohort and offset with anyone in it; offset 0 is the cohort's size:
--   cohort int (from 1), period_offset int, actors bigint
WITH known_names AS (
  SELECT event_name_id,
         $6::text[] IS NULL OR name = ANY ($6::text[]) AS is_start,
         $7::text[] IS NULL OR name = ANY ($7::text[]) AS is_return
  FROM event_names
  WHERE project_id = $1::int
), earlier_users AS (
  -- Those who started before the first cohort belong to none.
  SELECT DISTINCT e.user_id, true AS started_earlier
  FROM analytics_events AS e
  JOIN known_names AS n USING (event_name_id)
  {users}
  WHERE e.project_id = $1::int
    AND e.event_time < ($2::timestamptz[])[1] AND e.event_time < $5::timestamptz
    AND n.is_start AND {filter} AND {start_filter}
), user_periods AS (
  SELECT e.user_id, width_bucket(e.event_time, $2::timestamptz[]) AS period,
         bool_or(n.is_start AND {start_filter}) AS has_started,
         bool_or(n.is_return AND {return_filter}) AS has_returned
  FROM analytics_events AS e
  JOIN known_names AS n USING (event_name_id)
  LEFT JOIN earlier_users AS u ON u.user_id = e.user_id
  {users}
  WHERE e.project_id = $1::int
    AND e.event_time >= ($2::timestamptz[])[1] AND e.event_time < $5::timestamptz
    AND (n.is_start OR n.is_return)
    AND {filter}
    -- Not IS NULL: that plans as an anti join, expected to leave one row.
    AND u.started_earlier IS NOT TRUE
  GROUP BY e.user_id, period
), users AS (
  SELECT user_id, period, has_returned,
         min(period) FILTER (WHERE has_started) OVER (PARTITION BY user_id) AS cohort
  FROM user_periods
)
SELECT cohort, period - cohort AS period_offset, count(*) AS actors
FROM users
WHERE cohort <= $3::int
  AND (period = cohort OR has_returned AND period - cohort = ANY ($4::int[]))
GROUP BY cohort, period_offset
ORDER BY cohort, period_offset

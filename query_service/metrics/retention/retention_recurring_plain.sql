-- Recurring retention by calendar period: who started in which periods, and came back in which later ones. The question
-- without a breakdown, values, or brackets: it reads the events once.
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
), user_periods AS MATERIALIZED (
  SELECT e.user_id, width_bucket(e.event_time, $2::timestamptz[]) AS period,
         bool_or(n.is_start AND {start_filter}) AS has_started,
         bool_or(n.is_return AND {return_filter}) AS has_returned
  FROM analytics_events AS e
  JOIN known_names AS n USING (event_name_id)
  {users}
  WHERE e.project_id = $1::int
    AND e.event_time >= ($2::timestamptz[])[1] AND e.event_time < $5::timestamptz
    AND (n.is_start OR n.is_return)
    AND {filter}
  GROUP BY e.user_id, period
), pairs AS (
  -- A user's periods are few where its events are many.
  SELECT s.period AS cohort, r.period - s.period AS period_offset, count(*) AS actors
  FROM user_periods AS s
  JOIN user_periods AS r ON r.user_id = s.user_id AND r.period > s.period AND r.period - s.period = ANY ($4::int[])
  WHERE s.has_started AND s.period <= $3::int AND r.has_returned
  GROUP BY cohort, period_offset
)
SELECT cohort, period_offset, actors FROM pairs
UNION ALL
SELECT period, 0, count(*) FROM user_periods WHERE has_started AND period <= $3::int GROUP BY period
ORDER BY cohort, period_offset

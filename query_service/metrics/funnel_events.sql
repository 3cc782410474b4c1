-- The head of a funnel: the events of its steps, each with the steps it matches.
-- A statement is funnel_events, one funnel_pass for each step from the second, and funnel_totals;
-- funnel_counts.cc puts them together. Only step numbers are inserted.
--
-- $1 int            project
-- $2 timestamptz    start of the interval: entries from here
-- $3 timestamptz    end of the interval, exclusive: entries before it
-- $4 timestamptz    end of the scan, exclusive: interval end + window, or just after as_of
-- $5 int[]          step numbers from 1, and beside them
-- $6 text[]         the names that match these steps; a step of several names is there several times
-- $7 int            bits of the steps that any event matches (bit 0 is step 1)
-- $8 bigint         window in microseconds, inclusive
-- $9 int            what an actor is: 0 a user, 1 a session
--
-- The filter of all events stands at its place. The steps of an event are those that its name matches, less
-- those whose own filter it does not pass. The parameters of all these filters come behind $10.
WITH step_names AS (
  -- The steps of every name, as bits.
  SELECT n.event_name_id, $7::int | coalesce(bit_or(1 << (s.step - 1)), 0) AS steps
  FROM event_names AS n
  LEFT JOIN unnest($5::int[], $6::text[]) AS s(step, name) ON s.name = n.name
  WHERE n.project_id = $1::int
  GROUP BY n.event_name_id
  HAVING $7::int | coalesce(bit_or(1 << (s.step - 1)), 0) <> 0
), matching_events AS (
  SELECT e.user_id,
         -- 0 for users. A product, because a constant would drop out of the sort of one pass and
         -- not of the next, which then sorts again.
         coalesce(e.session_id, 0) * $9::int AS session,
         (extract(epoch FROM e.event_time) * 1000000)::bigint AS time_us,
         {steps} AS steps,
         e.producer_no, e.sequence,
         e.event_time < $3::timestamptz AS is_in_interval
  FROM analytics_events AS e
  JOIN step_names AS n USING (event_name_id)
  {users}
  WHERE e.project_id = $1::int
    AND e.event_time >= $2::timestamptz AND e.event_time < $4::timestamptz
    AND ($9::int = 0 OR e.session_id IS NOT NULL)
    AND {filter}
  {once}
), step_events AS (
  SELECT user_id, session, time_us, steps,
         steps & -steps AS lowest_step,  -- its bit alone
         producer_no, sequence,
         steps & 1 = 1 AND is_in_interval AS is_entry
  FROM matching_events
  WHERE steps <> 0
), pass_1 AS (
  -- attempt_n: the best attempt of length n that ends with this event, as {t1, -t2, ..., -tn}. The
  -- greatest such array starts last, and among equal starts has the earliest further steps.
  -- longest: the last of the passes before, where there is one.
  SELECT *, NULL::bigint[] AS longest, CASE WHEN is_entry THEN ARRAY[time_us] END AS attempt_1
  FROM step_events

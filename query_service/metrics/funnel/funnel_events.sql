-- The head of a funnel: the events of its steps and exclusions, each with those that it matches.
-- A statement is funnel_events, what follows it for the order that is asked (funnel_steps and funnel_pass for each
-- further step, or funnel_unordered), funnel_timed_attempts, and an end; funnel_statement.cc puts them
-- together. Only step numbers are inserted, and names of our own columns.
--
-- $1 int            project
-- $2 timestamptz    start of the interval: entries from here
-- $3 timestamptz    end of the interval, exclusive: entries before it
-- $4 timestamptz    end of the scan, exclusive: interval end, or interval end + window, or just after as_of
-- $5 int[]          step numbers from 1, exclusion numbers from -1 down, and beside them
-- $6 text[]         the names that match these; a step of several names is there several times
-- $7 int            bits of the steps that any event matches (bit 0 is step 1)
-- $8 bigint         window in microseconds, inclusive
-- $9 int            what an actor is: 0 a user, 1 a session
--
-- The filter of all events stands at its place. The steps of an event are those that its name matches, less
-- those whose own filter it does not pass; so are its exclusions. The parameters of all these filters, and of
-- properties, come behind the last of the statement's own.
WITH step_names AS (
  -- The steps and exclusions of every name, as bits.
  SELECT n.event_name_id,
         $7::int | coalesce(bit_or(1 << (s.number - 1)) FILTER (WHERE s.number > 0), 0) AS steps,
         coalesce(bit_or(1 << (-s.number - 1)) FILTER (WHERE s.number < 0), 0) AS exclusions
  FROM event_names AS n
  LEFT JOIN unnest($5::int[], $6::text[]) AS s(number, name) ON s.name = n.name
  WHERE n.project_id = $1::int
  GROUP BY n.event_name_id
  HAVING {every_event} OR $7::int <> 0 OR count(s.number) > 0
), matching_events AS (
  SELECT e.user_id,
         -- 0 for users. A product, because a constant would drop out of the sort of one pass and
         -- not of the next, which then sorts again.
         coalesce(e.session_id, 0) * $9::int AS session,
         (extract(epoch FROM e.event_time) * 1000000)::bigint AS time_us,
         {steps} AS steps,
         e.producer_no, e.sequence,
         e.event_time < $3::timestamptz AS is_in_interval{event_columns}
  FROM analytics_events AS e
  JOIN step_names AS n USING (event_name_id)
  {users}
  WHERE e.project_id = $1::int
    AND e.event_time >= $2::timestamptz AND e.event_time < $4::timestamptz
    AND ($9::int = 0 OR e.session_id IS NOT NULL)
    AND {filter}
  {once}

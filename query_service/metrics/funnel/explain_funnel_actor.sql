-- The events of one actor that a funnel looks at, each with the steps and the exclusions that it matches.
-- {steps}, {exclusions} and {held} are made of fixed pieces and numbers by explain_funnel_actor.cc; the
-- parameters of the filters in them, and of the filter of all events, come behind $12.
--
-- $1 int            project
-- $2 timestamptz    start of the scan
-- $3 timestamptz    end of the scan, exclusive
-- $4 bigint         user
-- $5 bigint[]       keys of a session; NULL: all of the user's events
-- $6 int[]          step numbers from 1, and beside them
-- $7 text[]         the names that match these steps; a step of several names is there several times
-- $8 int            bits of the steps that any event matches (bit 0 is step 1)
-- $9 int[]          exclusion numbers from 1, and beside them
-- $10 text[]        the names that match these
-- $11 boolean       also the events that match nothing
-- $12 bigint        at most so many rows
--
-- One row per event, in event order:
--   time_us           bigint, microseconds since 1970
--   producer_no, sequence
--   name              text
--   steps, exclusions int, as bits
--   held_n            text, one column for each property held constant: its value; NULL where there is none
WITH names AS (
  SELECT n.event_name_id, n.name,
         $8::int | coalesce((SELECT bit_or(1 << (s.number - 1))
                             FROM unnest($6::int[], $7::text[]) AS s(number, name)
                             WHERE s.name = n.name), 0) AS steps,
         coalesce((SELECT bit_or(1 << (x.number - 1))
                   FROM unnest($9::int[], $10::text[]) AS x(number, name)
                   WHERE x.name = n.name), 0) AS exclusions
  FROM event_names AS n
  WHERE n.project_id = $1::int
), actor_events AS (
  SELECT (extract(epoch FROM e.event_time) * 1000000)::bigint AS time_us, e.producer_no, e.sequence, n.name,
         {steps} AS steps,
         {exclusions} AS exclusions{held}
  FROM analytics_events AS e
  JOIN names AS n USING (event_name_id)
  {users}
  WHERE e.project_id = $1::int
    AND e.event_time >= $2::timestamptz AND e.event_time < $3::timestamptz
    AND e.user_id = $4::bigint
    AND ($5::bigint[] IS NULL OR e.session_id = ANY ($5::bigint[]))
    AND ($11::boolean OR n.steps <> 0 OR n.exclusions <> 0)
    AND {filter}
  OFFSET 0  -- keeps the planner from copying the filters to each place that reads them
)
SELECT *
FROM actor_events
WHERE $11::boolean OR steps <> 0 OR exclusions <> 0
ORDER BY time_us, producer_no, sequence
LIMIT $12::bigint

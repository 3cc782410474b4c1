-- A funnel over time: what became of each entry.
--
-- $8 bigint         window in microseconds, inclusive, as in funnel_events
), entries AS (
  SELECT user_id, session, time_us AS entry_us,
         coalesce(from_1 - time_us <= $8::bigint, false) AS reaches_from,
         coalesce(to_1 - time_us <= $8::bigint, false) AS reaches_to
  FROM back_1
  WHERE is_entry

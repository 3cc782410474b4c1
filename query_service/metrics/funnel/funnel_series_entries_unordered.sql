-- A funnel over time, UNORDERED: what became of each entry.
), entries AS (
  SELECT user_id, session, entry_us, level >= {from_step} AS reaches_from, level >= {to_step} AS reaches_to
  FROM attempts

-- Step 1 of a funnel. attempt_n: the best attempt of length n that ends with this event, as
-- {t1, -t2, ..., -tn}, and behind that, where the events themselves are asked for, their places
-- {p1, -p2, ..., -pn}. The greatest such array starts last, and among equal starts has the earliest further
-- steps. longest: the last of the passes before, where there is one.
), pass_1 AS (
  SELECT *, NULL::bigint[] AS longest, CASE WHEN is_entry THEN {attempt} END AS attempt_1
  FROM step_events

-- How many events histories and the table have.
-- $1 int: the first month; $2 int: the month after the last; $3, $4 timestamptz: the same as times
-- Columns: in histories, in the table
SELECT (SELECT coalesce(sum(event_count), 0) FROM history_blocks WHERE month >= $1 AND month < $2)
         + (SELECT coalesce(sum(event_count), 0) FROM history_fresh WHERE month >= $1 AND month < $2),
       (SELECT count(*) FROM analytics_events WHERE event_time >= $3 AND event_time < $4)

-- Whether there are events of some time.
-- $1 timestamptz: from; $2 timestamptz: until
SELECT EXISTS (SELECT FROM analytics_events WHERE event_time >= $1 AND event_time < $2)

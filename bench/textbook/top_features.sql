-- The ten features with the most users.
--
-- $1 timestamptz  start
-- $2 timestamptz  end, exclusive
--
-- name, uses, users
SELECT n.name, count(*) AS uses, count(DISTINCT e.user_id) AS users
FROM analytics_events AS e
JOIN event_names AS n USING (event_name_id)
WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz
GROUP BY n.name
ORDER BY users DESC
LIMIT 10

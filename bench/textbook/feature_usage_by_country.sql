-- How many events have each value of a property, and how many users.
--
-- $1 timestamptz  start
-- $2 timestamptz  end, exclusive
--
-- country, uses, users
SELECT e.properties ->> 'country' AS country, count(*) AS uses, count(DISTINCT e.user_id) AS users
FROM analytics_events AS e
WHERE e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz AND e.properties ->> 'country' IS NOT NULL
GROUP BY country
ORDER BY users DESC

-- Feature usage: per event name, or per value of a property, uses and distinct actors.
--
-- $1 int          project
-- $2 timestamptz  start
-- $3 timestamptz  end of what is read, exclusive
-- $4 text         the property whose values are the features; NULL: the event names are
-- $5 text[]       names of the events that count as uses; NULL: any
-- $6 boolean      by session; else by user
-- $7 bigint       rows at most
-- $8 bigint       rows to pass over
--
-- The filter stands at its place, with parameters from $9 on.
--
-- One row per feature of the page, in order; one with feature NULL when there is none:
-- feature text, use_count, actor_count bigint, first_use, last_use bigint (microseconds since
-- 1970), active_count, total_size bigint
WITH seen AS (
  SELECT e.user_id, CASE WHEN $6::boolean THEN e.session_id END AS session_id, e.event_time, e.event_name_id,
         e.properties,
         ($5::text[] IS NULL OR e.event_name_id IN (
           SELECT event_name_id FROM event_names WHERE project_id = $1::int AND name = ANY ($5::text[]))) AS is_use
  FROM analytics_events AS e {users}
  WHERE e.project_id = $1::int
    AND e.event_time >= $2::timestamptz AND e.event_time < $3::timestamptz
    AND (NOT $6::boolean OR e.session_id IS NOT NULL)
    AND {filter}
), actor_features AS (
  -- At most one of the two keys is there; neither for an event that is no use.
  SELECT user_id, session_id,
         CASE WHEN $4::text IS NULL AND is_use THEN event_name_id END AS event_name_id,
         CASE WHEN $4::text IS NOT NULL AND is_use THEN properties ->> $4::text END AS value,
         count(*) AS use_count, min(event_time) AS first_use, max(event_time) AS last_use
  FROM seen
  GROUP BY 1, 2, 3, 4
), actors AS (
  SELECT user_id, session_id FROM actor_features GROUP BY 1, 2
), features AS (
  SELECT event_name_id, value, sum(use_count)::bigint AS use_count, count(*) AS actor_count,
         min(first_use) AS first_use, max(last_use) AS last_use
  FROM actor_features
  WHERE event_name_id IS NOT NULL OR value IS NOT NULL
  GROUP BY 1, 2
), named AS (
  SELECT coalesce(value, name) COLLATE "C" AS feature, use_count, actor_count, first_use, last_use
  FROM features LEFT JOIN event_names USING (event_name_id)
), page AS (
  SELECT * FROM named ORDER BY actor_count DESC, use_count DESC, feature LIMIT $7::bigint OFFSET $8::bigint
)
SELECT feature, use_count, actor_count,
       (extract(epoch FROM first_use) * 1000000)::bigint AS first_use,
       (extract(epoch FROM last_use) * 1000000)::bigint AS last_use,
       active_count, total_size
FROM (SELECT (SELECT count(*) FROM actors) AS active_count, (SELECT count(*) FROM features) AS total_size) AS totals
LEFT JOIN page ON true
ORDER BY actor_count DESC, use_count DESC, feature

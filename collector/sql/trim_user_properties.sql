-- Leaves users those keys that were set last, of equal versions the first by bytes. What goes would go in any
-- order of events: so many keys have later versions, and versions only grow. The rows are locked.
-- $1 int[]: projects; $2 bigint[]: user ids; $3 int: the maximum of keys
UPDATE users AS u
SET (properties, property_versions) = (
  SELECT coalesce(jsonb_object_agg(key, u.properties -> key) FILTER (WHERE u.properties ? key), '{}'),
         jsonb_object_agg(key, version)
  FROM (
    SELECT key, version
    FROM jsonb_each(u.property_versions) AS held (key, version)
    ORDER BY version DESC, key COLLATE "C"
    LIMIT $3::int
  ) AS kept
)
FROM unnest($1::int[], $2::bigint[]) AS crowded (project_id, user_id)
WHERE u.project_id = crowded.project_id AND u.user_id = crowded.user_id

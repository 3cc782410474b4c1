-- Sets and removes properties of users, key by key, where the version is later than the one that stands: so
-- the order in which this is called does not matter. The users are there already; sorted, so that two
-- collectors cannot deadlock. One row per user.
-- $1 int[]: projects; $2 bigint[]: user ids; $3 text[]: distinct ids; $4 jsonb[]: objects of values, null
-- removes; $5 jsonb[]: objects of versions with the same keys (migrations/0006_user_properties.sql);
-- $6 int: the maximum of keys
-- Columns: project_id, user_id of those that have more keys now (trim_user_properties.sql)
WITH merged AS (
  INSERT INTO users AS u (project_id, user_id, distinct_id, properties, property_versions)
  SELECT project_id, user_id, distinct_id, properties, property_versions
  FROM unnest($1::int[], $2::bigint[], $3::text[], $4::jsonb[], $5::jsonb[])
    AS said (project_id, user_id, distinct_id, properties, property_versions)
  ORDER BY project_id, user_id
  ON CONFLICT (project_id, user_id) DO UPDATE SET (properties, property_versions) = (
    SELECT (u.properties || coalesce(jsonb_object_agg(key, value), '{}'))
             - coalesce(array_agg(key) FILTER (WHERE value = 'null'), '{}'),
           u.property_versions || coalesce(jsonb_object_agg(key, version), '{}')
    FROM (
      SELECT key, version, excluded.properties -> key AS value
      FROM jsonb_each(excluded.property_versions) AS said (key, version)
      -- An empty list is before all versions.
      WHERE version > coalesce(u.property_versions -> key, '[]')
    ) AS later
  )
  RETURNING project_id, user_id, property_versions
)
SELECT project_id, user_id
FROM merged
WHERE (SELECT count(*) FROM jsonb_object_keys(property_versions)) > $6::int

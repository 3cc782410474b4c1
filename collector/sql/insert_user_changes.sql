-- $1 int       project
-- $2 bigint[]  users whose properties this group may have changed
INSERT INTO history_user_changes (project_id, user_ids) VALUES ($1::int, $2::bigint[])

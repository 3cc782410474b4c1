-- The keys of a session, by its text, whoever's it is. There is no index by text, so this reads the project's
-- sessions. It is asked for one session at a time, by a person.
--
-- $1 int      project
-- $2 text     the session's id, as the client said it
--
-- One row, none when no event of such a session is stored; runs from before migration 8 had a key for each
-- user: session_id bigint
SELECT session_id
FROM sessions
WHERE project_id = $1::int AND session_text = $2::text

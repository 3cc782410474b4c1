-- The events of a group, packed: a row for each project and month (fresh_rows.h). Ids are made by the table.
COPY history_fresh
  (project_id, month, event_count, first_time_us, last_time_us, checksum, body)
FROM STDIN (FORMAT binary)

-- Rows as event_row.h writes them: the columns whose value may come late or be missing stand where that
-- keeps the places of the others.
COPY analytics_events
  (event_name_id, producer_no, sequence, project_id, event_time, received_time, user_id, properties, session_id)
FROM STDIN (FORMAT binary)

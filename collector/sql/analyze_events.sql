-- Statistics of all events, when their number has changed by a quarter since the last time.
-- Columns: whether it made them
SELECT analyze_events()

-- For the sort of a whole partition: as long as it takes, and with a plan for all of its rows. SET takes no
-- snapshot.
SET LOCAL statement_timeout = 0;
SET LOCAL work_mem = '64MB';
SET LOCAL cursor_tuple_fraction = 1

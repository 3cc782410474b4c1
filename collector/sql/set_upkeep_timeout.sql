-- For the rest of the transaction: deleting a month's worth, or reading a sample of every partition, may take longer
-- than the watch's own small questions.
SET LOCAL statement_timeout = '30s'

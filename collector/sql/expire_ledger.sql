-- Forgets insert_ids, rejected events, skipped ranges and producers that are too old to be asked
-- for, up to 10,000 rows of each.
-- Columns: whether there is more
SELECT expire_ledger()

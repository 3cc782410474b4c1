-- Forgets insert_ids and producers that are too old to be asked for.
SELECT expire_ledger()

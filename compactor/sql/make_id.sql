-- Columns: an id that nothing else has
SELECT gen_random_uuid()

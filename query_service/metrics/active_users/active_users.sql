-- Active users: distinct actors per bucket, the new ones among them, and trailing windows. This is what
-- follows the head, which is active_users_presence.sql, or active_users_breakdown.sql for a row per value.
--
-- The head reads all history up to $7: who is new can be told from nothing less.
--
-- A piece is a stretch of time between two thresholds. Piece 0 is all history before the first; each bucket
-- is one piece; where buckets are days, so is each of the 29 days before, and what an interval that starts
-- within a day leaves of it. An actor's pieces are bits, thirty buckets to a word, so that an actor is a row
-- or a few however often it came:
--
--   bit 31 to 60   the word's own buckets
--   bit 1 to 29    the days before them, the last one highest
--   bit 30         in word 0, the first day's part before the interval
--   bit 0          in word 0, all earlier history
--
-- $1 int            project
-- $2 timestamptz[]  the start of each piece from 1 on, ascending
-- $3 bigint[]       the bit of each piece from 0 on, as a mask
-- $4 int[]          the word of each piece from 0 on
-- $5 boolean        by session; else by user
-- $6 text[]         names of the events that make active; NULL: any
-- $7 timestamptz    the end of what is read, exclusive
-- $8 int            how many buckets
-- $9 int            the piece of the first bucket
-- $10 boolean       whether buckets are days: else the trailing windows mean nothing
--
-- One row per row and bucket, in order: row_number, bucket int, active_count, new_count,
-- trailing_7_day_count, trailing_30_day_count, row_active_count bigint; at bucket 0 also value text and
-- value_count bigint
, buckets AS (
  SELECT bucket, bucket / 10 AS slice, 1 << (bucket % 10) AS bit FROM generate_series(0, $8::int - 1) AS bucket
), actors AS (
  SELECT row_number, bool_or(mask >> 31 <> 0) AS is_active,
         width_bucket(min(first_time), $2::timestamptz[]) AS first_piece,
         width_bucket(min(actor_first_time), $2::timestamptz[]) AS actor_first_piece
  FROM presence
  GROUP BY row_number, user_id, session_id
), newcomers AS (
  -- Whose first event is in the bucket, and one of the row's events too.
  SELECT row_number, first_piece - $9::int AS bucket, count(*) AS new_count
  FROM actors
  WHERE first_piece = actor_first_piece
  GROUP BY 1, 2
), row_totals AS (
  SELECT row_number, count(*) FILTER (WHERE is_active) AS active_count FROM actors GROUP BY 1
), word_masks AS (
  SELECT row_number, word, mask FROM presence WHERE NOT ($10::boolean AND $8::int > 30)
  UNION ALL
  -- A word's days are the days before those of the next word. Those of the last one go nowhere.
  SELECT row_number, word, bit_or(mask) AS mask
  FROM (SELECT row_number, user_id, session_id, word + next AS word,
               CASE next WHEN 0 THEN mask ELSE mask >> 31 END AS mask
        FROM presence CROSS JOIN generate_series(0, 1) AS next) AS own_and_next
  WHERE $10::boolean AND $8::int > 30
  GROUP BY row_number, user_id, session_id, word
), windows AS (
  -- Bit 30 and up, from here on: the word's own buckets, and of these days those whose window has one of the
  -- actor's days. OFFSET 0 has each computed once.
  SELECT row_number, word, actors, active,
         (week | (week << 7) | (week << 14) | (week << 21) | (week << 23)) >> 30 AS month, week >> 30 AS week
  FROM (SELECT row_number, word, actors, active,
               days | (days << 1) | (days << 2) | (days << 3) | (days << 4) | (days << 5) | (days << 6) AS week
        FROM (SELECT row_number, word, count(*)::int AS actors, mask >> 31 AS active,
                     (mask & 1073741822) | (((mask >> 31) | ((mask >> 30) & 1)) << 30) AS days
              FROM word_masks
              GROUP BY row_number, word, mask OFFSET 0) AS of_days OFFSET 0) AS of_weeks
), slices AS (
  -- Ten buckets at a time there are few different masks. What follows reads no actors any more.
  SELECT row_number, slice, active, week, month, sum(actors) AS actors
  FROM (SELECT row_number, word * 3 + third AS slice, actors, (active >> (third * 10)) & 1023 AS active,
               (week >> (third * 10)) & 1023 AS week, (month >> (third * 10)) & 1023 AS month
        FROM windows CROSS JOIN generate_series(0, 2) AS third) AS thirds
  GROUP BY GROUPING SETS ((row_number, slice, active), (row_number, slice, week), (row_number, slice, month))
), counts AS (
  SELECT row_number, bucket,
         sum(actors) FILTER (WHERE active & bit <> 0) AS active_count,
         sum(actors) FILTER (WHERE week & bit <> 0) AS trailing_7_day_count,
         sum(actors) FILTER (WHERE month & bit <> 0) AS trailing_30_day_count
  FROM slices JOIN buckets USING (slice)
  GROUP BY 1, 2
)
SELECT row_number, bucket,
       coalesce(counts.active_count, 0)::bigint AS active_count,
       coalesce(new_count, 0) AS new_count,
       coalesce(trailing_7_day_count, 0)::bigint AS trailing_7_day_count,
       coalesce(trailing_30_day_count, 0)::bigint AS trailing_30_day_count,
       coalesce(row_totals.active_count, 0) AS row_active_count,
       CASE bucket WHEN 0 THEN value END AS value,
       CASE bucket WHEN 0 THEN value_count END AS value_count
FROM answer_rows CROSS JOIN buckets
LEFT JOIN counts USING (row_number, bucket)
LEFT JOIN newcomers USING (row_number, bucket)
LEFT JOIN row_totals USING (row_number)
ORDER BY row_number, bucket

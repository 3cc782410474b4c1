-- Beside funnel_totals: the durations of each row and step in bins. Rules as funnel.proto says them.
--
-- {rule} int         a HistogramRule; 0: as many bins as the next says
-- {count} int        bins of equal width
-- {edges} bigint[]   in microseconds; none: of equal width
), bin_counts AS (
  SELECT place, step,
         CASE WHEN cardinality({edges}::bigint[]) > 0 THEN 0
              WHEN took_min = took_max THEN 1
              ELSE least(100, greatest(1, CASE {rule}::int
                WHEN 0 THEN {count}::int
                WHEN 1 THEN CASE WHEN took_q3 > took_q1
                                 -- A whole number with the noise of its computation is that number.
                                 THEN ceil((took_max - took_min) * cbrt(took_count) / (2 * (took_q3 - took_q1)) - 1e-9)
                                 ELSE 1 END
                WHEN 2 THEN ceil(log(2, took_count::numeric)) + 1
                WHEN 3 THEN ceil(sqrt(took_count))
                WHEN 4 THEN ceil(cbrt(took_count) - 1e-9) END))::int
         END AS bin_count,
         took_min, took_max
  FROM lap_totals
  WHERE took_count > 0
), binned_laps AS (
  SELECT place, step, bin_count, bin, count(*) AS laps
  FROM (
    SELECT place, step, bin_count,
           CASE WHEN bin_count = 0 THEN width_bucket(took_us, {edges}::bigint[])
                WHEN took_min = took_max THEN 0
                ELSE least((took_us - took_min) * bin_count / (took_max - took_min), bin_count - 1)::int
           END AS bin
    FROM laps JOIN bin_counts USING (place, step)
    WHERE took_us IS NOT NULL
  ) AS found
  GROUP BY place, step, bin_count, bin
), histograms AS (
  SELECT place, step, min(bin_count) AS bin_count, array_agg(bin ORDER BY bin) AS bins,
         array_agg(laps ORDER BY bin) AS bin_laps
  FROM binned_laps
  GROUP BY place, step

-- The very end of funnel_totals.
)
SELECT place, step, value, value_count,
       coalesce(actors, 0) AS actors,
       coalesce(took_count, 0) AS took_count,
       took_mean, took_median, took_p90, took_p99, took_min, took_max,
       coalesce(still_open, 0) AS still_open{histogram}
FROM places
CROSS JOIN generate_series(0, {steps}) AS all_steps(step)
LEFT JOIN lap_totals USING (place, step)
LEFT JOIN open_totals USING (place)
{histogram_join}
ORDER BY place, step

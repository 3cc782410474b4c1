"""The questions: for each what our RPC is asked, the SQL of the peers, and how the figures of both are compared.

A peer that cannot say it has None. Figures are compared where both define the same number; `ours` is None where not.
"""

import dataclasses
from typing import Any, Callable, Optional

START, END = "2026-03-01", "2026-03-31"
SCOPE = {"interval": {"start_date": START, "end_date": END}, "as_of_time": "2026-05-01T00:00:00Z"}
STEPS = ["visit", "view_item", "add_to_cart", "purchase"]
WINDOW_DAYS = 7


@dataclasses.dataclass
class Question:
    name: str
    rpc: str
    request: dict
    duckdb: Optional[str] = None
    clickhouse: Optional[str] = None
    # Our answer as a sorted list of tuples, such as the peers' rows are.
    ours: Optional[Callable[[Any], list]] = None
    # The peers' rows that have a counterpart.
    theirs: Callable[[list], list] = lambda rows: rows


def filtered(condition):
    return {**SCOPE, "filter": {"condition": condition}}


def steps(names):
    return [{"event_names": [name]} for name in names]


def funnel(names=tuple(STEPS), **more):
    return {"scope": SCOPE, "steps": steps(names), "window": f"{WINDOW_DAYS * 86400}s", **more}


def quoted(names):
    return ", ".join(f"'{name}'" for name in names)


def levels(results):
    """How many got exactly that far, from how many got at least that far."""
    counts = [step.actor_count for step in results] + [0]
    return [(i + 1, counts[i] - counts[i + 1]) for i in range(len(results)) if counts[i] > counts[i + 1]]


def duckdb_funnel(names, by=""):
    """Windows, each step carrying on the latest entry that got there."""
    over = "OVER (PARTITION BY user_id ORDER BY time, step ROWS UNBOUNDED PRECEDING)"
    by_column = f", {by}" if by else ""
    cases = " ".join(f"WHEN '{name}' THEN {i + 1}" for i, name in enumerate(names))
    ctes = [f"s0 AS (SELECT user_id{by_column}, time, CASE event {cases} END AS step FROM e "
            f"WHERE event IN ({quoted(names)}))",
            f"s1 AS (SELECT *, max(time) FILTER (step = 1) {over} AS t1 FROM s0)"]
    for i in range(2, len(names) + 1):
        ctes.append(f"s{i} AS (SELECT *, max(t{i - 1}) FILTER (step = {i} AND time <= t{i - 1} + INTERVAL {WINDOW_DAYS} DAY)"
                    f" {over} AS t{i} FROM s{i - 1})")
    reached = " ".join(f"WHEN max(t{i}) IS NOT NULL THEN {i}" for i in range(len(names), 0, -1))
    return (f"WITH {', '.join(ctes)}, users AS (SELECT user_id{by_column}, CASE {reached} END AS level "
            f"FROM s{len(names)} GROUP BY ALL) "
            f"SELECT {by + ', ' if by else ''}level, count(*) FROM users WHERE level IS NOT NULL GROUP BY ALL")


def clickhouse_funnel(names, by="", mode="", every_event=False):
    conditions = ", ".join(f"event = '{name}'" for name in names)
    where = "" if every_event else f"WHERE event IN ({quoted(names)})"
    micros = WINDOW_DAYS * 86400 * 1000000
    return (f"SELECT {by + ', ' if by else ''}level, count() FROM (SELECT user_id, {f'any({by}) AS {by}, ' if by else ''}"
            f"windowFunnel({micros}{mode})(toUInt64(toUnixTimestamp64Micro(time)), {conditions}) AS level "
            f"FROM e {where} GROUP BY user_id) WHERE level > 0 GROUP BY ALL")


def active(name, scope, where="", unit="day", **more):
    trunc = f"date_trunc('{unit}', time)"
    start = "toStartOfHour(time)" if unit == "hour" else "toDate(time)"
    return Question(
        name, "GetActiveUsers", {"scope": scope, "granularity": f"GRANULARITY_{unit.upper()}", **more},
        f"SELECT epoch({trunc})::BIGINT AS t, count(DISTINCT user_id) FROM e {where} GROUP BY t",
        f"SELECT toUnixTimestamp(toDateTime({start}, 'UTC')) AS t, uniqExact(user_id) FROM e {where} GROUP BY t",
        lambda answer: [(bucket.bucket.start_time.seconds, bucket.active_count) for bucket in answer.buckets
                        if bucket.active_count])


# What each day's bucket of ours says besides: new, and active in the 7 and 30 days that end with it.
DUCKDB_TRAILING = f"""
WITH days AS (SELECT DISTINCT user_id, time::DATE AS day FROM e),
     firsts AS (SELECT user_id, min(day) AS day FROM days GROUP BY 1),
     new AS (SELECT day, count(*) AS n FROM firsts GROUP BY 1),
     active AS (SELECT day, count(*) AS n FROM days GROUP BY 1),
     spread AS (SELECT day + k::INTEGER AS day, user_id, min(k) AS k FROM days, range(30) AS r (k) GROUP BY 1, 2),
     trailed AS (SELECT day, count(*) FILTER (k < 7) AS week, count(*) AS month FROM spread GROUP BY 1)
SELECT epoch(day)::BIGINT, active.n, coalesce(new.n, 0), week, month
FROM active JOIN trailed USING (day) LEFT JOIN new USING (day) WHERE day < DATE '{END}'"""
CLICKHOUSE_TRAILING = f"""
WITH days AS (SELECT DISTINCT user_id, toDate(time) AS day FROM e),
     spread AS (SELECT day + k AS day, user_id, min(k) AS age FROM days ARRAY JOIN range(30) AS k GROUP BY day, user_id),
     firsts AS (SELECT min_day AS day, count() AS n FROM (SELECT user_id, min(day) AS min_day FROM days GROUP BY user_id) GROUP BY day)
SELECT toUnixTimestamp(toDateTime(s.day, 'UTC')), s.today, coalesce(f.n, 0), s.week, s.month
FROM (SELECT day, countIf(age = 0) AS today, countIf(age < 7) AS week, count() AS month FROM spread GROUP BY day) AS s
LEFT JOIN firsts AS f ON f.day = s.day WHERE s.day < toDate('{END}') AND s.today > 0"""

DUCKDB_RETENTION = """
WITH days AS (SELECT DISTINCT user_id, time::DATE AS day FROM e),
     firsts AS (SELECT user_id, min(day) AS cohort FROM days GROUP BY 1)
SELECT epoch(cohort)::BIGINT, day - cohort AS k, count(*) FROM days JOIN firsts USING (user_id) GROUP BY ALL"""
CLICKHOUSE_RETENTION = """
SELECT toUnixTimestamp(toDateTime(cohort, 'UTC')), toInt32(day - cohort) AS k, count()
FROM (SELECT groupUniqArray(toDate(time)) AS days, min(toDate(time)) AS cohort FROM e GROUP BY user_id)
ARRAY JOIN days AS day GROUP BY cohort, k"""


def usage(name, column, request):
    return Question(
        name, "GetFeatureUsage", {"scope": SCOPE, "page_size": 100, **request},
        f"SELECT {column}, count(*), count(DISTINCT user_id) FROM e GROUP BY ALL",
        f"SELECT {column}, count(), uniqExact(user_id) FROM e GROUP BY {column}",
        lambda answer: [(row.feature, row.use_count, row.actor_count) for row in answer.features])


def the_funnel(name, request, duckdb=None, clickhouse=None, compare=True):
    return Question(name, "GetFunnel", request, duckdb, clickhouse,
                    (lambda answer: levels(answer.steps)) if compare else None)


STRICT = ["visit", "view_item", "add_to_cart"]
QUESTIONS = [
    active("active_users_by_day", SCOPE),
    Question("active_users_new_7_30", "GetActiveUsers", {"scope": SCOPE, "granularity": "GRANULARITY_DAY"},
             DUCKDB_TRAILING, CLICKHOUSE_TRAILING,
             lambda answer: [(bucket.bucket.start_time.seconds, bucket.active_count, bucket.new_count,
                              bucket.trailing_7_day_count, bucket.trailing_30_day_count)
                             for bucket in answer.buckets if bucket.active_count]),
    active("active_users_by_hour", SCOPE, unit="hour"),
    active("active_users_country", filtered({"event_property": "country", "equals": "DE"}), "WHERE country = 'DE'"),
    active("active_users_plan", filtered({"user_property": "plan", "equals": "pro"}), "WHERE plan = 'pro'"),
    the_funnel("funnel_4_steps", funnel(), duckdb_funnel(STEPS), clickhouse_funnel(STEPS)),
    the_funnel("funnel_2_steps", funnel(["visit", "purchase"]), duckdb_funnel(["visit", "purchase"]),
               clickhouse_funnel(["visit", "purchase"])),
    # windowFunnel's strict_order looks at the steps' events only, so it answers another question.
    the_funnel("funnel_strict", funnel(STRICT, order="FUNNEL_ORDER_STRICT"), None,
               clickhouse_funnel(STRICT, mode=", 'strict_order'", every_event=True), compare=False),
    the_funnel("funnel_unordered", funnel(order="FUNNEL_ORDER_UNORDERED")),
    Question("funnel_by_country", "GetFunnel", funnel(breakdown={"event_property": "country"}),
             duckdb_funnel(STEPS, "country"), clickhouse_funnel(STEPS, "country"),
             lambda answer: [(row.value.text, level, count) for row in answer.breakdown_rows
                             for level, count in levels(row.steps)]),
    the_funnel("funnel_series", funnel(series={"granularity": "GRANULARITY_DAY"})),
    Question("funnel_actors", "ListFunnelActors", {"funnel": funnel(), "reached_step": 3}),
    Question("retention_30_by_30", "GetRetention",
             {"scope": SCOPE, "period": "GRANULARITY_DAY", "offsets": list(range(1, 31))},
             DUCKDB_RETENTION, CLICKHOUSE_RETENTION,
             lambda answer: [(cohort.bucket.start_time.seconds, cell.offset, cell.retained_count)
                             for cohort in answer.cohorts for cell in cohort.cells if cell.retained_count],
             lambda rows: [row for row in rows if row[1] >= 1]),
    usage("feature_usage", "event", {}),
    usage("usage_by_country", "country", {"property": "country"}),
    Question("summary", "GetSummary", {"scope": SCOPE}),
]

"""The synthetic month that everybody is asked about: the same events at each run.

Users join over the month and come back less and less; sessions of a few minutes; twenty names; a country and a plan per
user, a platform and a price per event.
"""

import pathlib

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DAYS = 30
NAMES = {
    "visit": 18, "signup": 3, "search": 12, "view_item": 20, "add_to_cart": 7, "remove_from_cart": 2, "checkout": 4,
    "purchase": 3, "cancel": 1, "review": 1, "share": 2, "login": 6, "logout": 3, "help": 1, "settings": 2, "upload": 3,
    "download": 3, "invite": 1, "comment": 4, "like": 4,
}
COUNTRIES = {"DE": 20, "US": 25, "FR": 10, "IN": 15, "BR": 10, "JP": 8, "GB": 8, "AT": 4}
PLANS = {"free": 80, "pro": 15, "team": 5}
PLATFORMS = {"web": 60, "ios": 20, "android": 20}
START = np.datetime64("2026-03-01T00:00:00", "us").astype("int64")


def draw(random, shares, count):
    """Indexes into `shares`, as often as these say."""
    weights = np.array(list(shares.values()), float)
    return random.choice(len(weights), count, p=weights / weights.sum())


def make_events(folder: pathlib.Path, count: int) -> int:
    """Writes events.parquet and events.ndjson, in order of time; about `count` events, and how many they are."""
    random = np.random.default_rng(7)
    users = max(100, count // 25)
    joined = np.sort(random.integers(0, DAYS, users))
    weight = random.pareto(1.6, users) + 0.2
    sessions = int(count / 5.5)
    who = random.choice(users, sessions, p=weight / weight.sum())
    day = joined[who] + np.minimum(random.exponential(6, sessions).astype(int), DAYS)
    who, day = who[day < DAYS], day[day < DAYS]
    start = day * 86400.0 + np.clip(random.normal(50000, 14000, len(who)), 0, 86000)
    length = 1 + random.geometric(1 / 5.5, len(who))

    session = np.repeat(np.arange(len(who)), length)
    is_first = np.concatenate(([True], session[1:] != session[:-1]))
    at = np.cumsum(np.where(is_first, 0, random.exponential(35, len(session))))
    at += start[session] - np.repeat(at[is_first], length)
    name = draw(random, NAMES, len(session))
    name[is_first & (random.random(len(session)) < 0.7)] = 0
    order = np.argsort(at, kind="stable")
    order = order[at[order] < DAYS * 86400]
    if len(order) > count:
        order = order[np.sort(random.permutation(len(order))[:count])]
    user, at, name = who[session][order], at[order], name[order]

    def texts(shares, codes):
        return pa.DictionaryArray.from_arrays(pa.array(codes.astype("int32")), list(shares)).cast(pa.string())

    purchase = name == list(NAMES).index("purchase")
    table = pa.table({
        "time": pa.array(START + (at * 1e6).astype("int64"), pa.timestamp("us")),
        "user_id": pa.array(user.astype("int32")),
        "event": texts(NAMES, name),
        "country": texts(COUNTRIES, draw(random, COUNTRIES, users)[user]),
        "plan": texts(PLANS, draw(random, PLANS, users)[user]),
        "platform": texts(PLATFORMS, draw(random, PLATFORMS, len(order))),
        "price": pa.array(np.where(purchase, np.round(random.gamma(2, 20, len(order)), 2), 0.0)),
    })
    pq.write_table(table, folder / "events.parquet")
    # The plan is the user's, said with each event, as programs do.
    duckdb.execute(f"""
        COPY (SELECT 'user-' || user_id AS "user", event, strftime(time, '%Y-%m-%dT%H:%M:%S.%fZ') AS time,
                     {{'country': country, 'platform': platform, 'price': price}} AS properties,
                     {{'plan': plan}} AS user_properties
              FROM '{folder}/events.parquet' ORDER BY time)
        TO '{folder}/events.ndjson' (FORMAT json)""")
    return len(order)

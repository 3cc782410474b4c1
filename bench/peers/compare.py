#!/usr/bin/env python3
"""The same questions to ours, DuckDB and ClickHouse, in turns: what `./run bench peers` runs.

Prints lines of `name value unit`, then a table. Time is the whole RPC, or the peer's whole call with its rows. Figures that
both define must agree, else this fails.
"""

import argparse
import contextlib
import json
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

import chdb.session
import duckdb

import donut_client
from donut_stack import DonutStack
from make_events import make_events
from questions import QUESTIONS

ROUNDS = 5
THREADS = 2


class DuckDb:
    name = "duckdb"

    def __init__(self, folder):
        self._connection = duckdb.connect(str(folder / "peer.duckdb"))
        self._connection.execute(f"SET threads = {THREADS}")
        self._connection.execute(f"CREATE TABLE e AS SELECT * FROM '{folder}/events.parquet' ORDER BY user_id, time")

    def prepare(self, question):
        return question.duckdb and (lambda: self._connection.execute(question.duckdb).fetchall())

    def close(self):
        self._connection.close()


class ClickHouse:
    name = "clickhouse"

    def __init__(self, folder):
        self._session = chdb.session.Session(str(folder / "peer.chdb"))
        self._session.query(
            "CREATE TABLE e (time DateTime64(6, 'UTC'), user_id Int32, event LowCardinality(String), "
            "country LowCardinality(String), plan LowCardinality(String), platform LowCardinality(String), price Float64) "
            "ENGINE = MergeTree ORDER BY (user_id, time)")
        self._session.query(f"INSERT INTO e SELECT * FROM file('{folder}/events.parquet')")
        self._session.query("OPTIMIZE TABLE e FINAL")

    def prepare(self, question):
        return question.clickhouse and (lambda: self._ask(question.clickhouse))

    def _ask(self, statement):
        answer = self._session.query(f"{statement} SETTINGS max_threads = {THREADS}, "
                                     "output_format_json_quote_64bit_integers = 0", "JSONCompact")
        return [tuple(row) for row in json.loads(str(answer))["data"]]

    def close(self):
        self._session.close()


def seconds_of(call):
    start = time.perf_counter()
    answer = call()
    return time.perf_counter() - start, answer


def differences(question, ours, peer, rows):
    """What is not the same, shortly; nothing where it is or where no figure is shared."""
    if question.ours is None:
        return []
    wanted, got = sorted(question.ours(ours)), sorted(question.theirs(rows))
    if wanted == got:
        return []
    odd = sorted(set(wanted) ^ set(got))[:6]
    return [f"{question.name}: {len(wanted)} rows of ours and {len(got)} of {peer} differ, such as {odd}"]


def ask_in_turns(question, client, peers):
    """Warm medians by who, and what differs."""
    calls = {"donut": client.prepare(question.rpc, question.request),
             **{peer.name: peer.prepare(question) for peer in peers}}
    times, answers = {}, {}
    for turn in range(ROUNDS + 1):
        for who, call in calls.items():
            if call is None:
                continue
            spent, answers[who] = seconds_of(call)
            if turn > 0:
                times.setdefault(who, []).append(spent)
    wrong = [line for who, rows in answers.items() if who != "donut"
             for line in differences(question, answers["donut"], who, rows)]
    return {who: statistics.median(spent) for who, spent in times.items()}, wrong


def ask_cold(question, stack):
    stack.restart_query()
    with contextlib.closing(donut_client.DonutClient(stack.query_address)) as client:
        return seconds_of(client.prepare(question.rpc, question.request))[0]


def measure(questions, stack, peers):
    results, wrong = {}, []
    for question in questions:
        with contextlib.closing(donut_client.DonutClient(stack.query_address)) as client:
            try:
                warm, differing = ask_in_turns(question, client, peers)
            except Exception as error:  # One that fails is told, and the others are asked all the same.
                wrong.append(f"{question.name}: {str(error).strip()[:300]}")
                continue
        wrong += differing
        warm["donut_cold"] = ask_cold(question, stack)
        results[question.name] = warm
        for who, spent in warm.items():
            print(f"{question.name}_{who} {spent:.4f} s", flush=True)
        best = min((spent for who, spent in warm.items() if not who.startswith("donut")), default=None)
        if best:
            warm["ratio"], warm["ratio_cold"] = warm["donut"] / best, warm["donut_cold"] / best
            print(f"{question.name}_ratio {warm['ratio']:.2f} times", flush=True)
            print(f"{question.name}_ratio_cold {warm['ratio_cold']:.2f} times", flush=True)
    return results, wrong


def show(results):
    columns = ["donut", "donut_cold", "duckdb", "clickhouse", "ratio", "ratio_cold"]
    print("\n" + f"{'question':24}" + "".join(f"{column:>12}" for column in columns))
    for name, row in results.items():
        cells = [f"{row[column]:12.3f}" if column in row else f"{'-':>12}" for column in columns]
        print(f"{name:24}" + "".join(cells))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=float, default=5e6, help="about how many; 5e7 for a release")
    parser.add_argument("--quick", action="store_true", help="2e5 events: whether all works, no figures to keep")
    parser.add_argument("--only", default="", help="names of questions, with commas between")
    parser.add_argument("--keep", metavar="DIR", help="the events and the peers' files stay there")
    parser.add_argument("--build", default="build", help="where the programs were built")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    root = pathlib.Path(__file__).resolve().parents[2]
    only = [name for name in arguments.only.split(",") if name]
    unknown = set(only) - {question.name for question in QUESTIONS}
    if unknown:
        sys.exit(f"there is no question {', '.join(sorted(unknown))}")
    questions = [question for question in QUESTIONS if not only or question.name in only]
    folder = pathlib.Path(arguments.keep or tempfile.mkdtemp(prefix="donut_peers_", dir="/var/tmp")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    peers = []
    try:
        (folder / "generated").mkdir(exist_ok=True)
        donut_client.generate(root, folder / "generated")
        count = make_events(folder, int(2e5 if arguments.quick else arguments.events))
        print(f"events {count} events", flush=True)
        for peer in ("peer.duckdb", "peer.chdb"):
            shutil.rmtree(folder / peer, ignore_errors=True)
            (folder / peer).unlink(missing_ok=True)
        with DonutStack(root / arguments.build, "/var/tmp") as stack:
            print(f"import {seconds_of(lambda: stack.import_events(folder / 'events.ndjson'))[0]:.1f} s", flush=True)
            spent, packed = seconds_of(stack.wait_until_packed)
            print(f"packed {spent:.1f} s" if packed else "# not all is packed: fresh rows or SQL answer", flush=True)
            peers += [DuckDb(folder), ClickHouse(folder)]
            results, wrong = measure(questions, stack, peers)
        show(results)
        for line in wrong:
            print(f"WRONG {line}", file=sys.stderr)
        return 1 if wrong else 0
    finally:
        for peer in peers:
            peer.close()
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())

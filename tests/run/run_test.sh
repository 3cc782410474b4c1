#!/usr/bin/env bash
# Tests ./run: starting, starting again, healing, refusing, stopping. On free ports and a data
# folder of its own, with the programs of the given build folder. The examples are tested elsewhere.
#   run_test.sh BUILD-FOLDER
set -euo pipefail

REPOSITORY=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
FOLDER=$(mktemp -d)
chmod 755 "$FOLDER" # as root, the database's user has to enter it
unset DONUT_DATABASE_URL
export DONUT_BUILD_DIR=$1 DONUT_DATA_DIR="$FOLDER/da ta"
failures=0

run() { "$REPOSITORY/run" "$@" </dev/null; }

clean_up() {
  kill "${SQUATTER:-}" 2>/dev/null || true
  DONUT_DATA_DIR="$FOLDER/da ta" run stop >/dev/null 2>&1 || true
  rm -rf -- "$FOLDER"
}
trap clean_up EXIT

free_port() {
  local port
  while true; do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}

# expect WHAT CONDITION...
expect() {
  local what=$1
  shift
  if "$@"; then
    echo "ok      $what"
  else
    echo "FAILED  $what"
    failures=$((failures + 1))
  fi
}
contains() { [[ $1 == *"$2"* ]]; }
equal() { [[ $1 == "$2" ]] || { echo "  \"$1\" is not \"$2\""; return 1; }; }
# The exit code of a command, its output thrown away.
code_of() {
  local code=0
  "$@" >/dev/null 2>&1 || code=$?
  echo "$code"
}
# The process number stands right before the log.
pid_of() { run status | sed -nE "s/^$1 .* ([0-9]+|-) +[^ ]*\/.*/\1/p"; }
pids() { echo "$(pid_of donut-collector) $(pid_of donut-query) $(pid_of donut-compactor) $(pid_of PostgreSQL)"; }
# Where nothing collects orphans, as in some containers, an ended process stays listed as a zombie.
is_gone() { ! grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status" 2>/dev/null; }

DONUT_COLLECTOR_ADDRESS=127.0.0.1:$(free_port)
DONUT_QUERY_ADDRESS=127.0.0.1:$(free_port)
DONUT_COMPACTOR_ADDRESS=127.0.0.1:$(free_port)
export DONUT_COLLECTOR_ADDRESS DONUT_QUERY_ADDRESS DONUT_COMPACTOR_ADDRESS
unset DONUT_COLLECTOR_METRICS_ADDRESS DONUT_QUERY_METRICS_ADDRESS DONUT_COMPACTOR_METRICS_ADDRESS

# What an address says to a scrape.
http_get() {
  (exec 3<>"/dev/tcp/${1%:*}/${1##*:}" && printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3 && cat <&3) 2>/dev/null
}

test_usage() {
  expect "help names every word" contains "$(run help)" bench
  expect "an unknown word is refused with 2" equal "$(code_of run nonsense)" 2
  expect "words take no arguments" equal "$(code_of run up now)" 2
  expect "flags for all benchmarks are refused" contains "$(run bench --quick 2>&1)" "flags go to one benchmark"
  expect "status works before anything ran" contains "$(run status)" stopped
  expect "stop works before anything ran" contains "$(run stop)" "nothing runs"
  expect "an address without a port is refused" \
    contains "$(DONUT_QUERY_ADDRESS=here run up 2>&1)" "DONUT_QUERY_ADDRESS is \"here\""
}

test_starting() {
  local before output
  run up >"$FOLDER/up" 2>&1 || { cat "$FOLDER/up"; }
  before=$(pids)
  expect "up starts four processes" [ "$(wc -w <<<"$before")" = 4 ]
  expect "none of them is stopped" equal "$(run status | grep -c stopped)" 0
  output=$(run up)
  expect "a second up starts nothing" equal "$(pids)" "$before"
  expect "a second up makes no second database" [ "${output#*making}" = "$output" ]
}

test_healing() {
  local collector query compactor postgres again
  read -r collector query compactor postgres <<<"$(pids)"
  kill -KILL "$collector"
  run up >/dev/null
  expect "a killed collector is started again" [ "$(pid_of donut-collector)" != "$collector" ]
  expect "the query service is left alone" equal "$(pid_of donut-query)" "$query"
  kill -KILL "$compactor"
  run up >/dev/null
  expect "a killed compactor is started again" [ "$(pid_of donut-compactor)" != "$compactor" ]
  kill -KILL "$postgres"
  run up >/dev/null
  read -r _ _ _ again <<<"$(pids)"
  expect "a killed PostgreSQL is started again" [ "$again" != "$postgres" ]

  query=$(pid_of donut-query)
  DONUT_QUERY_ADDRESS=127.0.0.1:$(free_port)
  run up >/dev/null
  expect "another address restarts its service" [ "$(pid_of donut-query)" != "$query" ]
  expect "status tells the new address" contains "$(run status)" "$DONUT_QUERY_ADDRESS"
}

test_metrics() {
  local collector taken
  expect "addresses of one's own have no metrics unless asked for" [ "$(run status | grep -c /metrics)" = 0 ]
  collector=$(pid_of donut-collector)
  DONUT_COLLECTOR_METRICS_ADDRESS=127.0.0.1:$(free_port)
  DONUT_QUERY_METRICS_ADDRESS=127.0.0.1:$(free_port)
  DONUT_COMPACTOR_METRICS_ADDRESS=127.0.0.1:$(free_port)
  export DONUT_COLLECTOR_METRICS_ADDRESS DONUT_QUERY_METRICS_ADDRESS DONUT_COMPACTOR_METRICS_ADDRESS
  run up >/dev/null
  expect "an address for metrics restarts its service" [ "$(pid_of donut-collector)" != "$collector" ]
  expect "status tells the collector's" contains "$(run status)" "http://$DONUT_COLLECTOR_METRICS_ADDRESS/metrics"
  expect "status tells the query service's" contains "$(run status)" "http://$DONUT_QUERY_METRICS_ADDRESS/metrics"
  expect "the collector's are there" contains "$(http_get "$DONUT_COLLECTOR_METRICS_ADDRESS")" donut_collector_commits_total
  expect "the query service's are there" contains "$(http_get "$DONUT_QUERY_METRICS_ADDRESS")" donut_query_requests_total
  expect "the compactor's are there" contains "$(http_get "$DONUT_COMPACTOR_METRICS_ADDRESS")" donut_compactor_waiting_events
  taken=$(DONUT_QUERY_METRICS_ADDRESS=$DONUT_COLLECTOR_METRICS_ADDRESS run up 2>&1) || true
  expect "one address for two is refused" contains "$taken" "$DONUT_COLLECTOR_METRICS_ADDRESS is named twice"
  taken=$(DONUT_DATA_DIR="$FOLDER/other" DONUT_COLLECTOR_ADDRESS=127.0.0.1:$(free_port) run up 2>&1) || true
  expect "a port of metrics in use is named" \
    contains "$taken" "$DONUT_COLLECTOR_METRICS_ADDRESS is in use by donut-collector"
  taken=$(DONUT_QUERY_METRICS_ADDRESS=here run up 2>&1) || true
  expect "what is no address of metrics is refused" contains "$taken" "DONUT_QUERY_METRICS_ADDRESS is \"here\""
  DONUT_QUERY_METRICS_ADDRESS='' run up >/dev/null
  expect "an empty one turns them off" [ "$(run status | grep -c /metrics)" = 2 ]
}

test_refusing() {
  local other
  other=$(DONUT_DATA_DIR="$FOLDER/other" run up 2>&1) || true
  expect "a port in use is named" contains "$other" "$DONUT_COLLECTOR_ADDRESS is in use by donut-collector"
  expect "it is refused before anything starts" [ ! -e "$FOLDER/other/postgres" ]
}

test_stopping() {
  local all pid foreign
  all=$(pids)
  run stop >/dev/null
  for pid in $all; do expect "stop leaves no process $pid" is_gone "$pid"; done

  # A process that got the number of a service that was killed.
  sleep 300 &
  foreign=$!
  SQUATTER=$foreign
  printf '%s 1 x 0 127.0.0.1:1\n' "$foreign" >"$DONUT_DATA_DIR/run/donut-collector.pid"
  run stop >/dev/null
  expect "stop kills no process that is not ours" kill -0 "$foreign"
  kill "$foreign"
}

test_usage
test_starting
test_healing
test_metrics
test_refusing
test_stopping
((failures == 0)) || { echo "$failures failed"; exit 1; }

# shellcheck shell=bash
# Where everything is, from the environment. Sourced by ./run; ROOT is the clone.

# Root with a narrow umask would lock the user postgres out of its own folders.
umask 022

DATA=$(realpath -m -- "${DONUT_DATA_DIR:-$ROOT/data}")
BUILD=$(realpath -m -- "${DONUT_BUILD_DIR:-$ROOT/build}")
COLLECTOR_ADDRESS=${DONUT_COLLECTOR_ADDRESS:-127.0.0.1:50051}
QUERY_ADDRESS=${DONUT_QUERY_ADDRESS:-127.0.0.1:50052}
# shellcheck disable=SC2034  # read by its name, as the other two are, in services.sh
COMPACTOR_ADDRESS=${DONUT_COMPACTOR_ADDRESS:-127.0.0.1:50053}

# Where metrics are served; empty: nowhere. A service at an address of one's own serves none unless told
# where, so that two installations on one machine do not meet on the default ports.
COLLECTOR_METRICS_ADDRESS=
QUERY_METRICS_ADDRESS=
COMPACTOR_METRICS_ADDRESS=
[[ -n ${DONUT_COLLECTOR_ADDRESS-} ]] || COLLECTOR_METRICS_ADDRESS=127.0.0.1:9464
[[ -n ${DONUT_QUERY_ADDRESS-} ]] || QUERY_METRICS_ADDRESS=127.0.0.1:9465
[[ -n ${DONUT_COMPACTOR_ADDRESS-} ]] || COMPACTOR_METRICS_ADDRESS=127.0.0.1:9466
COLLECTOR_METRICS_ADDRESS=${DONUT_COLLECTOR_METRICS_ADDRESS-$COLLECTOR_METRICS_ADDRESS}
QUERY_METRICS_ADDRESS=${DONUT_QUERY_METRICS_ADDRESS-$QUERY_METRICS_ADDRESS}
COMPACTOR_METRICS_ADDRESS=${DONUT_COMPACTOR_METRICS_ADDRESS-$COMPACTOR_METRICS_ADDRESS}

LOGS=$DATA/log
PIDS=$DATA/run

# Seconds to wait.
READY_LIMIT=60     # for a service to answer after its start
STOP_LIMIT=30      # for a service to drain after SIGTERM, before SIGKILL
DATABASE_LIMIT=120 # for PostgreSQL to start, recovery after a crash included

MAX_LOG_BYTES=$((32 << 20)) # a log above this moves aside at the next start

# host:port, [v6]:port or unix:/path.
check_address() {
  local name=$1 address=$2
  [[ $address == unix:/* || $address =~ ^.+:[0-9]{1,5}$ ]] ||
    fail "$name is \"$address\": it must be host:port, such as 127.0.0.1:50051, or unix:/path"
}

# The same, or empty; not unix, for Prometheus does not speak that.
check_metrics_address() {
  [[ -z $2 || $2 =~ ^[^/]+:[0-9]{1,5}$ ]] ||
    fail "$1 is \"$2\": it must be host:port, such as 127.0.0.1:9464, or empty for no metrics"
}

check_settings() {
  local name address addresses=() twice
  for name in "${SERVICES[@]}"; do
    check_address "$(service_variable "$name")" "$(service_address "$name")"
    check_metrics_address "$(service_metrics_variable "$name")" "$(service_metrics_address "$name")"
    addresses+=("$(service_address "$name")")
    address=$(service_metrics_address "$name")
    if [[ -n $address ]]; then addresses+=("$address"); fi
  done
  twice=$(printf '%s\n' "${addresses[@]}" | sort | uniq -d | head -n 1)
  [[ -z $twice ]] || fail "$twice is named twice: give each of $(named_by "$twice") an address of its own"
}

# The variables that have an address as their value.
named_by() {
  local name names=()
  for name in "${SERVICES[@]}"; do
    [[ $(service_address "$name") != "$1" ]] || names+=("$(service_variable "$name")")
    [[ $(service_metrics_address "$name") != "$1" ]] || names+=("$(service_metrics_variable "$name")")
  done
  echo "${names[*]}"
}

# Makes the data folder and keeps other runs of this script out of it until this one ends.
# The lock is on descriptor 9, which nothing that is started here inherits.
claim_data_folder() {
  mkdir -p -- "$LOGS" "$PIDS" 2>/dev/null && [[ -w $PIDS && -w $LOGS ]] ||
    fail "cannot write in $DATA, which belongs to $(owner_of "$DATA"): run as that user, or set DONUT_DATA_DIR"
  exec 9>"$PIDS/lock" || fail "cannot write $PIDS/lock: see who owns it"
  if ! flock -n 9; then
    say "waiting for another ./run that works in $DATA"
    flock 9
  fi
}

# The user who owns a path, or the nearest folder above it that exists.
owner_of() {
  local path=$1
  while [[ ! -e $path ]]; do path=$(dirname -- "$path"); done
  stat -c %U -- "$path"
}

# A short name for a path, the same every time.
hash_of() { printf %s "$1" | sha256sum | cut -c 1-12; }

# shellcheck shell=bash
# The services as background processes. Sourced by ./run.
#
# PIDS/NAME.pid holds the process id, its start time in clock ticks, a hash of the settings it was
# started with, where its lines in the log begin, its address, and that of its metrics. A number that the kernel gave to another process meanwhile has
# another start time or another program.

SERVICES=(donut-collector donut-query donut-compactor)

# What differs between them. COLLECTOR, QUERY, COMPACTOR: as in the variables that set them.
service_word() {
  local word=${1#donut-}
  echo "${word^^}"
}
service_role() { echo "${1//-/_}"; }
service_variable() { echo "DONUT_$(service_word "$1")_ADDRESS"; }
service_metrics_variable() { echo "DONUT_$(service_word "$1")_METRICS_ADDRESS"; }
service_address() {
  local variable
  variable=$(service_word "$1")_ADDRESS
  echo "${!variable}"
}
service_metrics_address() {
  local variable
  variable=$(service_word "$1")_METRICS_ADDRESS
  echo "${!variable}"
}

# What it is started with; never shown, for a database's URL may hold a password.
service_settings() {
  printf '%s %s %s' "$(service_address "$1")" "$(service_metrics_address "$1")" "$(database_url "$(service_role "$1")")"
}

# The start of a process in clock ticks since boot: field 22, counted behind the name in brackets.
start_ticks() {
  local line fields
  line=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  read -ra fields <<<"${line##*) }"
  echo "${fields[19]}"
}

# Prints the process id of a service that we started and that runs.
service_pid() {
  local pid ticks program
  [[ -f $PIDS/$1.pid ]] || return 1
  read -r pid ticks _ <"$PIDS/$1.pid" || return 1
  [[ $(start_ticks "$pid") == "$ticks" ]] || return 1
  program=$(readlink "/proc/$pid/exe") || return 1
  [[ ${program% (deleted)} == */$1 ]] && echo "$pid"
}

# Whether the running process is not what would be started now: rebuilt, or with other settings.
service_is_outdated() {
  local pid=$2 settings
  read -r _ _ settings _ <"$PIDS/$1.pid"
  [[ $settings != "$(hash_of "$(service_settings "$1")")" ||
    $(stat -L -c %d:%i "/proc/$pid/exe") != $(stat -c %d:%i "$BUILD/bin/$1") ]]
}

# The addresses it was started with, which the environment may contradict by now.
running_address() {
  local address
  read -r _ _ _ _ address _ <"$PIDS/$1.pid"
  echo "$address"
}
running_metrics_address() {
  local address
  read -r _ _ _ _ _ address <"$PIDS/$1.pid"
  echo "$address"
}

start_services() {
  local name pid fresh=()
  for name in "${SERVICES[@]}"; do
    if pid=$(service_pid "$name"); then
      service_is_outdated "$name" "$pid" || continue
      say "  $name was rebuilt or has other settings: restarting it"
      stop_service "$name"
    fi
    refuse_taken_address "$(service_address "$name")" "$(service_variable "$name")"
    refuse_taken_address "$(service_metrics_address "$name")" "$(service_metrics_variable "$name")"
    start_service "$name"
    fresh+=("$name")
  done
  for name in "${SERVICES[@]}"; do wait_until_ready "$name"; done
  for name in ${fresh[@]+"${fresh[@]}"}; do say "  $name serves on $(service_address "$name")"; done
}

start_service() {
  local name=$1 log=$LOGS/$1.log url log_start
  step "starting $name"
  rotate_log "$log"
  touch -- "$log"
  log_start=$(stat -c %s -- "$log")
  url=$(database_url "$(service_role "$name")")
  (
    cd /
    exec env DONUT_DATABASE_URL="$url" "$(service_variable "$name")=$(service_address "$name")" \
      "$(service_metrics_variable "$name")=$(service_metrics_address "$name")" \
      setsid nohup "$BUILD/bin/$name" </dev/null >>"$log" 2>&1 9>&-
  ) &
  disown $! # else bash comments on its end
  printf '%s %s %s %s %s %s\n' $! "$(start_ticks $!)" "$(hash_of "$(service_settings "$name")")" "$log_start" \
    "$(service_address "$name")" "$(service_metrics_address "$name")" >"$PIDS/$name.pid"
}

# The lines that the running process has logged.
lines_since_start() {
  local log_start
  read -r _ _ _ log_start _ <"$PIDS/$1.pid"
  tail -c "+$((log_start + 1))" -- "$LOGS/$1.log"
}

wait_until_ready() {
  local name=$1 until=$((SECONDS + READY_LIMIT)) pid
  read -r pid _ <"$PIDS/$name.pid"
  until is_ready "$name"; do
    if ! kill -0 "$pid" 2>/dev/null; then
      lines_since_start "$name" | tail -n 3 | sed 's/^/  | /' >&2
      fail "$name ended at its start; its log is $LOGS/$name.log"
    fi
    if ((SECONDS >= until)); then
      lines_since_start "$name" | tail -n 3 | sed 's/^/  | /' >&2
      fail "$name is not ready after $READY_LIMIT s; its log is $LOGS/$name.log"
    fi
    sleep 0.1
  done
}

# Its log says each change of readiness once, and its port is open.
is_ready() {
  local last
  last=$(lines_since_start "$1" | grep -oE '^[^ ]+ (INFO (serving|listening|ready|stopping)|WARNING not ready)' | tail -n 1)
  [[ $last == *" INFO serving" || $last == *" INFO ready" ]] && is_open "$(running_address "$1")"
}

# Whether something listens at an address.
is_open() {
  local host=${1%:*} port=${1##*:}
  if [[ $1 == unix:* ]]; then
    [[ -S ${1#unix:} ]]
    return
  fi
  host=${host#[} host=${host%]}
  case $host in 0.0.0.0) host=127.0.0.1 ;; ::) host=::1 ;; esac
  # shellcheck disable=SC2016  # expanded by the inner bash
  timeout 2 bash -c 'exec 3<>"/dev/tcp/$1/$2"' - "$host" "$port" 2>/dev/null 9>&-
}

# Before anything is built or started: an address that a service would need and somebody else has.
refuse_taken_addresses() {
  local name address metrics ours
  for name in "${SERVICES[@]}"; do
    address=$(service_address "$name") metrics=$(service_metrics_address "$name") ours=
    if service_pid "$name" >/dev/null; then ours="$(running_address "$name") $(running_metrics_address "$name")"; fi
    [[ " $ours " == *" $address "* ]] || refuse_taken_address "$address" "$(service_variable "$name")"
    [[ " $ours " == *" $metrics "* ]] || refuse_taken_address "$metrics" "$(service_metrics_variable "$name")"
  done
}

# refuse_taken_address ADDRESS VARIABLE: the variable sets it.
refuse_taken_address() {
  local holder
  [[ -n $1 && $1 != unix:* ]] || return 0
  if is_open "$1"; then
    holder=$(holder_of_port "${1##*:}")
    fail "$1 is in use${holder:+ by $holder}: stop that, or set $2 to another address"
  fi
}

# "name (pid)" of the process that listens on a TCP port, when it can be seen.
holder_of_port() {
  local inode process link
  inode=$(awk -v port="$(printf ':%04X' "$1")" \
    '$4 == "0A" && substr($2, length($2) - 4) == port { print $10; exit }' /proc/net/tcp /proc/net/tcp6 2>/dev/null)
  [[ -n $inode ]] || return 0
  for process in /proc/[0-9]*; do
    for link in "$process"/fd/*; do
      if [[ $(readlink "$link" 2>/dev/null) == "socket:[$inode]" ]]; then
        echo "$(cat "$process/comm") (process ${process#/proc/})"
        return 0
      fi
    done
  done
}

stop_service() {
  local name=$1 pid until=$((SECONDS + STOP_LIMIT))
  if pid=$(service_pid "$name"); then
    kill -TERM "$pid" 2>/dev/null || true
    while service_pid "$name" >/dev/null; do
      if ((SECONDS >= until)); then
        warn "$name ($pid) did not end within $STOP_LIMIT s after SIGTERM: killing it; see $LOGS/$name.log"
        kill -KILL "$pid" 2>/dev/null || true
        until=$((SECONDS + STOP_LIMIT))
      fi
      sleep 0.05
    done
    say "stopped $name ($pid)"
  fi
  rm -f -- "$PIDS/$name.pid"
}

# The services first: they commit what they hold.
stop_everything() {
  local name running=no
  if [[ -d $DATA ]]; then
    claim_data_folder
    for name in "${SERVICES[@]}"; do service_pid "$name" >/dev/null && running=yes; done
    locate_cluster
    cluster_pid >/dev/null && running=yes
    for name in "${SERVICES[@]}"; do stop_service "$name"; done
    stop_database
  fi
  [[ $running == yes ]] || say "nothing runs"
}

rotate_log() {
  [[ -f $1 ]] || return 0
  if (($(stat -c %s -- "$1") > MAX_LOG_BYTES)); then mv -f -- "$1" "$1.1"; fi
}

print_status() {
  local name pid state address line='%-16s %-22s %-10s %-8s %s\n'
  # shellcheck disable=SC2059  # the format is the line above
  step "$(printf "$line" what where state process log)"
  for name in "${SERVICES[@]}"; do
    state=stopped address=$(service_address "$name")
    if pid=$(service_pid "$name"); then
      state="not ready" address=$(running_address "$name")
      if is_ready "$name"; then state=serving; fi
    fi
    # shellcheck disable=SC2059
    printf "$line" "$name" "$address" "$state" "${pid:--}" "$LOGS/$name.log"
  done
  print_database_status "$line"
  print_metrics_addresses
}

# Of the services that run and have some.
print_metrics_addresses() {
  local name address lines=()
  for name in "${SERVICES[@]}"; do
    service_pid "$name" >/dev/null || continue
    address=$(running_metrics_address "$name")
    if [[ -n $address ]]; then lines+=("  http://$address/metrics  of $name"); fi
  done
  ((${#lines[@]})) || return 0
  say ""
  say "metrics, for Prometheus:"
  printf '%s\n' "${lines[@]}"
}

print_database_status() {
  local pid state=stopped
  if has_own_database; then
    printf '%-16s %s\n' PostgreSQL "yours, by DONUT_DATABASE_URL"
    return 0
  fi
  locate_cluster
  if pid=$(cluster_pid); then state=running; fi
  # shellcheck disable=SC2059
  printf "$1" PostgreSQL "unix socket" "$state" "${pid:--}" "$LOGS/postgres.log"
  if [[ $state == running ]]; then
    say ""
    say "the database, as its owner:"
    say "  psql '$(database_url "$OWNER")'"
  fi
}

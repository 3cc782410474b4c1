# shellcheck shell=bash
# The private PostgreSQL: a cluster of its own on a unix socket, found by no other program.
# With DONUT_DATABASE_URL there is none. Sourced by ./run.

POSTGRES_BIN=/usr/lib/postgresql/15/bin
DATABASE=donut
OWNER=donut_owner # the cluster's superuser; the services log in as roles that may do little

# Set by locate_cluster.
CLUSTER=        # PostgreSQL's own folder
SOCKET_FOLDER=  # entered by the cluster's user, and root, only
CLUSTER_LOG=

has_own_database() { [[ -n ${DONUT_DATABASE_URL-} ]]; }

# PostgreSQL refuses to run as root: then it runs as the user of Debian's package.
as_cluster_user() {
  if ((EUID == 0)); then
    (cd / && exec runuser -u postgres -- "$@" 9>&-)
  else
    (cd / && exec "$@" 9>&-)
  fi
}

# Decides where the cluster lives; makes nothing.
locate_cluster() {
  local home=$DATA elsewhere
  elsewhere=/var/lib/donut/$(hash_of "$DATA")
  if [[ -L $DATA/postgres ]]; then
    home=$(dirname -- "$(readlink -- "$DATA/postgres")")
  elif ((EUID == 0)) && [[ -d $DATA ]] && id postgres >/dev/null 2>&1 &&
    ! as_cluster_user test -x "$DATA"; then
    home=$elsewhere
  fi
  CLUSTER=$home/postgres
  CLUSTER_LOG=$LOGS/postgres.log
  [[ $home == "$DATA" ]] || CLUSTER_LOG=$home/postgres.log
  SOCKET_FOLDER=$home/socket
  # A socket's path may have 107 bytes.
  if (LC_ALL=C; ((${#SOCKET_FOLDER} + 16 > 107))); then
    SOCKET_FOLDER=/tmp/donut-$EUID-$(hash_of "$DATA")
    if ((EUID == 0)); then SOCKET_FOLDER=$elsewhere/socket; fi
  fi
}

# database_url ROLE: how to reach the database as that role. The role is left out of a URL of yours:
# the services do SET ROLE.
database_url() {
  if has_own_database; then
    printf %s "$DONUT_DATABASE_URL"
  else
    printf 'postgresql:///%s?host=%s&user=%s' "$DATABASE" "$(percent_encode "$SOCKET_FOLDER")" "$1"
  fi
}

percent_encode() {
  local LC_ALL=C text=$1 i character
  for ((i = 0; i < ${#text}; i++)); do
    character=${text:i:1}
    case $character in
      [a-zA-Z0-9/._~-]) printf %s "$character" ;;
      *) printf '%%%02X' "'$character" ;;
    esac
  done
}

# Prints the postmaster's process id while it runs and is the one of our folder.
cluster_pid() {
  local pid
  [[ -f $CLUSTER/postmaster.pid ]] || return 1
  read -r pid <"$CLUSTER/postmaster.pid" || return 1
  is_our_postmaster "$pid" && echo "$pid"
}

# A postmaster works in its data folder: a foreign process that got its number does not.
is_our_postmaster() {
  [[ $1 =~ ^[0-9]+$ && $(readlink "/proc/$1/exe" 2>/dev/null) == */postgres* &&
    $(readlink "/proc/$1/cwd" 2>/dev/null) == "$(realpath -- "$CLUSTER")" ]]
}

start_database() {
  has_own_database && return 0
  [[ -x $POSTGRES_BIN/postgres ]] ||
    fail "PostgreSQL 15 is not in $POSTGRES_BIN: apt-get install postgresql-15, or set DONUT_DATABASE_URL"
  locate_cluster
  refuse_foreign_cluster
  [[ -f $CLUSTER/PG_VERSION ]] || make_cluster
  make_socket_folder
  cluster_pid >/dev/null || start_cluster
  wait_for_database
}

start_cluster() {
  step "starting PostgreSQL"
  write_cluster_settings
  remove_stale_locks
  start_postmaster
}

refuse_foreign_cluster() {
  if [[ -L $DATA/postgres && ! -d $CLUSTER ]]; then
    fail "$DATA/postgres points to $CLUSTER, which is gone: bring it back, or remove the link for an empty database"
  fi
  if [[ -d $CLUSTER ]] && ((EUID != 0)) && [[ ! -O $CLUSTER ]]; then
    fail "the database in $CLUSTER belongs to $(owner_of "$CLUSTER"): run as root, or set DONUT_DATA_DIR"
  fi
  if [[ -d $CLUSTER ]] && ((EUID == 0)) && [[ $(owner_of "$CLUSTER") != postgres ]]; then
    fail "the database in $CLUSTER belongs to $(owner_of "$CLUSTER"): run as that user, or set DONUT_DATA_DIR"
  fi
}

make_cluster() {
  local home log
  home=$(dirname -- "$CLUSTER")
  step "making a database in $CLUSTER"
  if [[ $home != "$DATA" ]]; then
    say "  not in $DATA: PostgreSQL does not run as root, and the user postgres cannot enter there"
    mkdir -p -- "$home"
  fi
  # Made aside, so that an interrupted initdb leaves nothing that looks complete.
  rm -rf -- "$CLUSTER.new"
  mkdir -m 700 -- "$CLUSTER.new"
  if ((EUID == 0)); then chown postgres: "$CLUSTER.new"; fi
  log=$LOGS/initdb.log
  if ! as_cluster_user "$POSTGRES_BIN/initdb" -D "$CLUSTER.new" -U "$OWNER" -A trust --encoding=UTF8 \
    --locale=C.UTF-8 --data-checksums >"$log" 2>&1 </dev/null; then
    show_end_of 8 "$log"
    fail "initdb could not make a database in $CLUSTER; all it said is in $log"
  fi
  # Only processes that can enter the socket's folder get this far: trust needs no password.
  printf "\n# Written anew at each start by ./run. Yours: ALTER SYSTEM SET.\ninclude 'donut.conf'\n" \
    >>"$CLUSTER.new/postgresql.conf"
  mv -T -- "$CLUSTER.new" "$CLUSTER"
  if [[ $home != "$DATA" ]]; then ln -sfn -- "$CLUSTER" "$DATA/postgres"; fi
}

make_socket_folder() {
  mkdir -p -- "$(dirname -- "$SOCKET_FOLDER")"
  [[ -d $SOCKET_FOLDER ]] || mkdir -m 700 -- "$SOCKET_FOLDER"
  if ((EUID == 0)); then
    chown postgres: "$SOCKET_FOLDER"
    chmod 700 "$SOCKET_FOLDER"
  elif [[ -L $SOCKET_FOLDER || ! -O $SOCKET_FOLDER ]]; then
    fail "$SOCKET_FOLDER belongs to another user: set DONUT_DATA_DIR to a shorter path"
  fi
}

write_cluster_settings() {
  local folder=${SOCKET_FOLDER//\"/\"\"}
  cat >"$CLUSTER/donut.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '"${folder//\'/\'\'}"'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
work_mem = 32MB
maintenance_work_mem = 128MB
max_wal_size = 4GB
checkpoint_timeout = 15min
wal_compression = lz4
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%a '
# Else it quotes rows that it refuses.
log_error_verbosity = terse
CONF
}

# PostgreSQL clears its own lock files when their process is dead. After a reboot the number may
# belong to somebody else: then it would refuse, and we know better. Never while any process
# still works in the folder.
remove_stale_locks() {
  local file pid
  for file in "$CLUSTER/postmaster.pid" "$SOCKET_FOLDER/.s.PGSQL.5432.lock"; do
    [[ -f $file ]] || continue
    pid=
    read -r pid <"$file" || true
    [[ -d /proc/${pid:-none} ]] || continue
    is_our_postmaster "$pid" && continue
    anything_in_cluster_folder || rm -f -- "$file"
  done
}

anything_in_cluster_folder() {
  local folder process
  folder=$(realpath -- "$CLUSTER")
  for process in /proc/[0-9]*; do
    [[ $(readlink "$process/cwd" 2>/dev/null) == "$folder" ]] && return 0
  done
  return 1
}

start_postmaster() {
  local attempt
  rotate_log "$CLUSTER_LOG"
  touch -- "$CLUSTER_LOG"
  if ((EUID == 0)); then chown postgres: "$CLUSTER_LOG"; fi
  if [[ $CLUSTER_LOG != "$LOGS/postgres.log" ]]; then ln -sfn -- "$CLUSTER_LOG" "$LOGS/postgres.log"; fi
  # After kill -9 of the postmaster its children need a moment to notice.
  for attempt in 1 2 3 4 5; do
    if as_cluster_user setsid -w "$POSTGRES_BIN/pg_ctl" start -D "$CLUSTER" -w -t "$DATABASE_LIMIT" -s \
      -l "$CLUSTER_LOG" </dev/null >"$LOGS/pg_ctl.log" 2>&1; then
      return 0
    fi
    anything_in_cluster_folder || break
    sleep "$attempt"
  done
  show_end_of 8 "$CLUSTER_LOG"
  fail "PostgreSQL did not start; its log is $LOGS/postgres.log"
}

# A query as the owner on the private cluster; prints its result bare.
cluster_sql() {
  PGCONNECT_TIMEOUT=5 PGOPTIONS='' psql -XAtq \
    "postgresql:///$1?host=$(percent_encode "$SOCKET_FOLDER")&user=$OWNER" -c "$2" 9>&-
}

# Up to DATABASE_LIMIT: it may be recovering. One that was just killed may be met in its last moment: it is started
# again, once. Makes the database when it is not there.
wait_for_database() {
  local until=$((SECONDS + DATABASE_LIMIT)) found started_again=no
  until found=$(cluster_sql postgres "SELECT count(*) FROM pg_database WHERE datname = '$DATABASE'" 2>&1); do
    ((SECONDS < until)) || fail "PostgreSQL does not answer: $found; its log is $LOGS/postgres.log"
    if ! cluster_pid >/dev/null; then
      [[ $started_again == no ]] || fail "PostgreSQL ended by itself; its log is $LOGS/postgres.log"
      started_again=yes
      start_cluster
    fi
    sleep 0.2
  done
  [[ $found == 1 ]] || cluster_sql postgres "CREATE DATABASE $DATABASE TEMPLATE template0" >/dev/null
}

stop_database() {
  local pid
  locate_cluster
  pid=$(cluster_pid) || return 0
  # fast: open transactions are rolled back, everything is written.
  if as_cluster_user "$POSTGRES_BIN/pg_ctl" stop -D "$CLUSTER" -m fast -w -t "$DATABASE_LIMIT" -s </dev/null; then
    say "stopped PostgreSQL ($pid)"
  else
    fail "PostgreSQL ($pid) did not stop within $DATABASE_LIMIT s; its log is $LOGS/postgres.log"
  fi
}

migrate() {
  local log=$LOGS/migrate.log
  if ! DONUT_DATABASE_URL=$(database_url "$OWNER") "$BUILD/bin/donut" migrate >"$log" 2>&1 </dev/null 9>&-; then
    show_end_of 5 "$log"
    fail "the database could not be brought to this version; all that was said is in $log"
  fi
}

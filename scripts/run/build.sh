# shellcheck shell=bash
# Configures and builds with CMake and Ninja. Sourced by ./run.

PROGRAMS=(donut-collector donut-query donut-compactor donut)
EXAMPLES=(license_pipeline git_history)

# As many compilers as there are processors, and a gigabyte of memory for each.
parallel_jobs() {
  local processors gigabytes
  processors=$(nproc)
  gigabytes=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)
  ((gigabytes >= 1)) || gigabytes=1
  echo $((processors < gigabytes ? processors : gigabytes))
}

# configure PRESET FOLDER [CMAKE-ARGUMENT...]
configure() {
  local preset=$1 folder=$2 log=$2/configure.log
  shift 2
  [[ -f $folder/build.ninja ]] && return 0
  mkdir -p -- "$folder" 2>/dev/null && [[ -w $folder ]] ||
    fail "cannot write in $folder, which belongs to $(owner_of "$folder"): run as that user, or set DONUT_BUILD_DIR"
  if ! cmake --preset "$preset" -B "$folder" "$@" >"$log" 2>&1 </dev/null; then
    show_end_of 15 "$log"
    fail "CMake could not configure; all it said is in $log"
  fi
}

# build FOLDER [TARGET...]: the output goes to FOLDER/build.log, the failing part of it here.
# One build at a time in a folder.
build() {
  local folder=$1 log=$1/build.log started=$SECONDS
  shift
  [[ -w $folder ]] ||
    fail "cannot write in $folder, which belongs to $(owner_of "$folder"): run as that user, or set DONUT_BUILD_DIR"
  exec 8>"$folder/.run.lock"
  if ! flock -n 8; then
    say "waiting for another build in $folder"
    flock 8
  fi
  if ! ninja -C "$folder" -j "$(parallel_jobs)" "$@" </dev/null 2>&1 | tee -- "$log" | show_progress building; then
    show_build_failure "$log"
    fail "the build failed; all it said is in $log"
  fi
  exec 8>&-
  if ((SECONDS - started > 3)); then say "  built in $((SECONDS - started)) s"; fi
}

# From the first failure on, without ninja's lines of progress and the compiler's command line.
show_build_failure() {
  if grep -q '^CMake Error' "$1"; then
    sed -n '/^CMake Error/,$p' "$1" | sed -n '1,15 { s/^/  | /; p }' >&2
  elif grep -q '^FAILED: ' "$1"; then
    sed -n '/^FAILED: /,$p' "$1" | sed -E '/^\[[0-9]+\/[0-9]+\]/d; /^(: && )?\/usr\/bin\//d' |
      sed -n '1,40 { s/^/  | /; p }' | cut -c 1-300 >&2
  else
    show_end_of 15 "$1"
  fi
}

# What a user needs, without the tests.
build_programs() {
  local targets=()
  configure release "$BUILD"
  targets=("${PROGRAMS[@]/#/bin/}" "${EXAMPLES[@]/#/bin/examples/}")
  build "$BUILD" "${targets[@]}"
}

run_tests() {
  local log=$BUILD/Testing/Temporary/LastTest.log
  configure release "$BUILD"
  build "$BUILD"
  step "running the tests"
  without_settings ctest --test-dir "$BUILD" --output-on-failure -j "$(nproc)" --no-tests=error "$@" </dev/null ||
    fail "tests failed: their output is above; one again: ./run test -R NAME"
  # A test that lacks something says so in its own output, which ctest keeps to itself.
  sed -n 's/^.*LEFT OUT: /left out: /p' "$log" | sort -u
}

# The tests bring their own database and ports: a user's settings are not for them.
without_settings() {
  env -u DONUT_DATABASE_URL -u DONUT_COLLECTOR_ADDRESS -u DONUT_QUERY_ADDRESS -u DONUT_COMPACTOR_ADDRESS \
    -u DONUT_COLLECTOR_METRICS_ADDRESS -u DONUT_QUERY_METRICS_ADDRESS -u DONUT_COMPACTOR_METRICS_ADDRESS \
    -u DONUT_DATA_DIR -u DONUT_API_KEY "$@"
}

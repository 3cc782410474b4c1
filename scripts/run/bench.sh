# shellcheck shell=bash
# The benchmark programs: bench/ has one per subject, `./run bench NAME` is build/bin/bench-NAME; `./run bench peers` is
# bench/peers/compare.py. Sourced by ./run.

BENCH_PACKAGES=(valgrind) # counts instructions

# run_benchmarks [NAME...] [FLAG...]: the named ones, or all programs; flags go to a single one. The peers come from PyPI, so
# they are asked only when they are named.
run_benchmarks() {
  if [[ ${1-} == peers ]]; then
    shift
    ask_peers "$@"
    return
  fi
  local word name known names=() flags=()
  for word in "$@"; do
    if [[ $word == -* ]]; then flags+=("$word"); else names+=("$word"); fi
  done
  ((${#flags[@]} == 0 || ${#names[@]} == 1)) ||
    fail "flags go to one benchmark: name it, such as ./run bench ingest ${flags[*]}"

  configure release "$BUILD"
  known=$(benchmark_names)
  [[ -n $known ]] || fail "$BUILD is configured without benchmarks: remove it, or set DONUT_BUILD_DIR to another"
  if ((${#names[@]} == 0)); then mapfile -t names <<<"$known"; fi
  for name in "${names[@]}"; do
    grep -qxF -- "$name" <<<"$known" || fail "there is no benchmark \"$name\"; there are: ${known//$'\n'/ }"
  done

  install_packages "to measure" "${BENCH_PACKAGES[@]}"
  build "$BUILD" "${names[@]/#/bin/bench-}"
  for name in "${names[@]}"; do
    step "bench-$name"
    without_settings "$BUILD/bin/bench-$name" ${flags[@]+"${flags[@]}"} </dev/null || fail "bench-$name failed"
  done
}

# Those that the build folder knows, a line each.
benchmark_names() {
  ninja -C "$BUILD" -t targets all | sed -nE 's/^bin\/bench-([a-z_-]+): .*/\1/p' | sort
}

# The same questions to ours, DuckDB and ClickHouse.
ask_peers() {
  local name programs=() python
  configure release "$BUILD"
  for name in donut donut-collector donut-compactor donut-query; do
    if ninja -C "$BUILD" -t query "bin/$name" >/dev/null 2>&1; then programs+=("bin/$name"); fi
  done
  build "$BUILD" "${programs[@]}"
  install_peers
  python=$ROOT/.cache/bench-peers/bin/python
  step "bench peers"
  PYTHONDONTWRITEBYTECODE=1 without_settings "$python" "$ROOT/bench/peers/compare.py" --build "$BUILD" "$@" </dev/null ||
    fail "bench peers failed"
}

# The pinned packages, in a folder of their own; again when the list has changed.
install_peers() {
  local folder=$ROOT/.cache/bench-peers requirements=$ROOT/bench/peers/requirements.txt
  cmp -s -- "$requirements" "$folder/installed.txt" && return 0
  install_packages "to ask the peers" python3-venv
  step "installing the peers from PyPI into $folder"
  rm -rf -- "$folder"
  mkdir -p -- "${folder%/*}"
  /usr/bin/python3 -m venv "$folder" || fail "python3 could not make $folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements" ||
    fail "the packages of $requirements could not be installed"
  cp -- "$requirements" "$folder/installed.txt"
}

# shellcheck shell=bash
# The benchmark programs: bench/ has one per subject, `./run bench NAME` is build/bin/bench-NAME. Sourced by ./run.

BENCH_PACKAGES=(valgrind) # counts instructions

# run_benchmarks [NAME...] [FLAG...]: the named ones, or all; flags go to a single one.
run_benchmarks() {
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

# shellcheck shell=bash
# What `./run` shows once everything serves: two real programs being tracked, their analytics,
# and where to go from there. Sourced by ./run.

# run_example NAME [ARGUMENT...]: its own output, with the services' addresses in the environment.
run_example() {
  local started=$SECONDS
  step "example $1"
  if with_addresses "$BUILD/bin/examples/$1" "${@:2}"; then
    if ((SECONDS - started > 3)); then say "  took $((SECONDS - started)) s"; fi
  else
    warn "the example $1 failed (exit code $?): see above; the services go on"
    tour_failed=yes
  fi
}

# The programs talk to our services and need no database; the examples remember in the data
# folder what they have done.
with_addresses() {
  env -u DONUT_DATABASE_URL DONUT_COLLECTOR_ADDRESS="$COLLECTOR_ADDRESS" DONUT_QUERY_ADDRESS="$QUERY_ADDRESS" \
    DONUT_DATA_DIR="$DATA" "$@" </dev/null 9>&-
}

# The history of this clone, also of one that was made with --depth.
run_git_history() {
  local shallow
  if ! shallow=$(git rev-parse --is-shallow-repository 2>&1); then
    step "example git_history"
    say "  left out: git cannot read this folder's history: ${shallow%%$'\n'*}"
  elif [[ $shallow == true ]]; then
    run_example git_history --shallow
  else
    run_example git_history
  fi
}

show_tour() {
  local name tour_failed=no
  for name in "${EXAMPLES[@]}"; do
    if [[ $name == git_history ]]; then run_git_history; else run_example "$name"; fi
  done
  step "their analytics"
  with_addresses "$BUILD/bin/donut" view || {
    warn "donut view failed: see above, and $LOGS/donut-query.log"
    tour_failed=yes
  }
  say ""
  show_questions
  say ""
  say "${BOLD}./run stop${PLAIN} stops everything; the data stays in $(data_place)."
  [[ $tour_failed == no ]]
}

data_place() {
  if has_own_database; then echo "your database"; else echo "$DATA"; fi
}

# Three questions that work as they are printed.
show_questions() {
  local service=donut.analytics.v1.QueryService today tomorrow month call='grpcurl -plaintext'
  # shellcheck disable=SC2016  # the key itself is never printed
  if [[ -n ${DONUT_API_KEY-} ]]; then call+=' -H "authorization: Bearer $DONUT_API_KEY"'; fi
  today=$(date -u +%F)
  tomorrow=$(date -u -d "$today + 1 day" +%F)
  month=$(date -u -d "$today - 29 days" +%F)
  step "ask more, by grpcurl"
  cat <<LINES
$call $QUERY_ADDRESS describe $service
$call -d '{"scope": {"interval": {"start_date": "$month", "end_date": "$tomorrow"}}, "granularity": "GRANULARITY_DAY"}' $QUERY_ADDRESS $service/GetActiveUsers
$call -emit-defaults -d '{"pipeline": "licenses"}' $QUERY_ADDRESS $service/GetPipelineFunnel
LINES
  command -v grpcurl >/dev/null || say "${DIM}grpcurl is not here; to get it: $(how_to_get_grpcurl)${PLAIN}"
}

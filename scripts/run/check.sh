# shellcheck shell=bash
# Everything that is checked besides the tests themselves. Sourced by ./run.
# Each check_... returns its result: errexit is off inside.

CHECKS=(format shell proto alerts tidy asan tsan)

run_checks() {
  local wanted=() word name everything=no started failed=() results=()
  [[ -z ${CI-} ]] || everything=yes
  for word in "$@"; do
    if [[ $word == --all ]]; then
      everything=yes
    elif [[ " ${CHECKS[*]} " == *" $word "* ]]; then
      wanted+=("$word")
    else
      printf 'run: unknown check "%s"; there are: %s\n' "$word" "${CHECKS[*]}" >&2
      exit 2
    fi
  done
  ((${#wanted[@]})) || wanted=("${CHECKS[@]}")

  install_packages "to check" "${BASE_PACKAGES[@]}" "${CHECK_PACKAGES[@]}"
  for name in "${wanted[@]}"; do
    step "check $name"
    started=$SECONDS
    # In a process of its own: fail ends that check, not the ones after it.
    if ("check_$name"); then
      results+=("$name: $((SECONDS - started)) s")
    else
      results+=("$name: FAILED, $((SECONDS - started)) s")
      failed+=("$name")
    fi
  done
  step "checked"
  printf '  %s\n' "${results[@]}"
  ((${#failed[@]} == 0)) || fail "failed: ${failed[*]} (one alone: ./run check ${failed[0]})"
}

# All files of git with one of these endings, those not yet added included.
source_files() {
  git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
    if [[ -f $file ]]; then printf '%s\n' "$file"; fi
  done
}

check_format() {
  local files
  mapfile -t files < <(source_files '*.cc' '*.h')
  printf '%s\0' "${files[@]}" | xargs -0 -n 20 -P 2 clang-format --dry-run -Werror ||
    { say "  clang-format -i FILE repairs it"; return 1; }
}

check_shell() {
  local tests
  mapfile -t tests < <(source_files 'tests/*.sh')
  # -a: also the parts that ./run sources.
  shellcheck -a run .ci/run ${tests[@]+"${tests[@]}"}
}

check_proto() {
  if have_buf; then
    buf lint
  elif [[ -n ${CI-} ]]; then
    say "  buf needs npx: apt-get install npm"
    return 1
  else
    say "  LEFT OUT: buf needs npx (apt-get install npm)"
  fi
}

# promtool is in Debian's package prometheus, which would also start a server: nothing we install by ourselves.
check_alerts() {
  if command -v promtool >/dev/null; then
    promtool check rules docs/alerts.yml && promtool test rules docs/alerts_test.yml
  else
    say "  LEFT OUT: the alert rules need promtool (of the package prometheus)"
  fi
}

# The .cc files to lint: those changed since origin/main, with those that include a changed header; all where
# there is no origin/main. Not the tests: ten seconds a file, and they have the sanitizers.
tidy_files() {
  local all base header
  mapfile -t all < <(source_files '*.cc' ':!tests')
  if ! base=$(git merge-base origin/main HEAD 2>/dev/null); then
    printf '%s\n' "${all[@]}"
    return
  fi
  {
    git diff --name-only --diff-filter=d "$base" -- '*.cc' ':!tests'
    git ls-files --others --exclude-standard -- '*.cc' ':!tests'
    while IFS= read -r header; do
      grep -lF "#include \"${header#client_lib/include/}\"" -- "${all[@]}" || true
      grep -lF "#include <${header#client_lib/include/}>" -- "${all[@]}" || true
    done < <(git diff --name-only --diff-filter=d "$base" -- '*.h')
  } | sort -u
}

# Clang's own compile commands, with the thread-safety analysis, which gcc does not know. Without precompiled
# headers: clang-tidy goes through all that a file includes, so it takes a third less, and an include
# that is missing shows. When all files are linted, eight at once, as CMake's unity builds join them: they
# share their headers, which take most of the time.
check_tidy() {
  local folder=$ROOT/build-tidy files=() generated count unity=()
  if [[ $everything == yes ]]; then
    folder+=-all
    unity=(-DCMAKE_UNITY_BUILD=ON)
  else
    mapfile -t files < <(tidy_files)
    ((${#files[@]})) || { say "  no .cc file differs from origin/main"; return 0; }
  fi
  configure release "$folder" -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON "${unity[@]}"
  mapfile -t generated < <(ninja -C "$folder" -t targets all | sed -nE 's/^((proto|sql)\/.*\.h): .*/\1/p')
  build "$folder" "${generated[@]}"
  count=${#files[@]}
  if [[ $everything == yes ]]; then
    count=$(source_files '*.cc' ':!tests' | wc -l)
    mapfile -t files < <(compiled_files "$folder")
  fi
  say "  $count files"
  printf '%s\0' "${files[@]}" |
    xargs -0 -n 1 -P 2 clang-tidy -p "$folder" --quiet 2>&1 |
    grep -vE '^[0-9]+ warnings? generated|^Suppressed|^Use -header-filter|^$'
  return "${PIPESTATUS[1]}"
}

# What the compiler is called with in a unity build: files that CMake wrote and those that it left alone,
# without tests and generated code. The long ones first, so that both processors end together.
compiled_files() {
  local file
  sed -nE 's/^ *"file": "(.*)",?$/\1/p' "$1/compile_commands.json" | grep -vE "^$ROOT/tests/|^$1/(tests|proto)/|proto\.dir/|_pch\.dir/" |
    sort -u | while IFS= read -r file; do
      printf '%s %s\n' "$(grep -c '^#include ".*\.cc"' -- "$file")" "$file"
    done | sort -rn | cut -d ' ' -f 2-
}

check_asan() {
  local folder=$ROOT/build-asan
  configure asan "$folder"
  build "$folder"
  without_settings ctest --test-dir "$folder" --output-on-failure -j "$(nproc)" --no-tests=error </dev/null |
    grep -vE ' Start +[0-9]+: '
}

# Only the tests of classes that own threads: those with the label "threads".
check_tsan() {
  local folder=$ROOT/build-tsan targets
  configure tsan "$folder"
  mapfile -t targets < <(ctest --test-dir "$folder" -N -L '^threads$' | sed -nE 's/^ +Test +#[0-9]+: //p')
  ((${#targets[@]})) || { say "  no test has the label \"threads\""; return 1; }
  build "$folder" "${targets[@]/#/tests/}"
  without_settings ctest --test-dir "$folder" --output-on-failure -L '^threads$' --no-tests=error </dev/null |
    grep -vE ' Start +[0-9]+: '
}

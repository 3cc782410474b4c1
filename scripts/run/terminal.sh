# shellcheck shell=bash
# What a person sees: few lines, in colour only on a terminal. Sourced by ./run.

BOLD='' DIM='' RED='' PLAIN=''
if [[ -t 1 && -z ${NO_COLOR-} && ${TERM-dumb} != dumb ]]; then
  BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' PLAIN=$'\e[0m'
fi

say() { printf '%s\n' "$*"; }
step() { printf '%s%s%s\n' "$BOLD" "$*" "$PLAIN"; }
warn() { printf '%srun: %s%s\n' "$RED" "$*" "$PLAIN" >&2; }
fail() {
  warn "$*"
  exit 1
}

# Reads lines and shows how far the work is: in place on a terminal, every tenth part else.
# A line that starts with [n/m], as ninja prints, or apt's status lines tell it.
show_progress() {
  local label=$1 line percent=0 shown=-1
  while IFS= read -r line; do
    if [[ $line =~ ^\[([1-9][0-9]*)/([0-9]{2,})\] ]]; then
      percent=$((100 * BASH_REMATCH[1] / BASH_REMATCH[2]))
    elif [[ $line =~ ^(dlstatus|pmstatus):[^:]*:([0-9]+) ]]; then
      # Apt counts twice from 0 to 100: the download, then the installation.
      percent=$((BASH_REMATCH[2] / 2))
      if [[ ${BASH_REMATCH[1]} == pmstatus ]]; then percent=$((percent + 50)); fi
    else
      continue
    fi
    if [[ -t 1 ]]; then
      if ((percent != shown)); then printf '\r  %s %d %%' "$label" "$percent"; fi
    elif ((percent / 10 > shown / 10 || shown < 0)); then
      printf '  %s %d %%\n' "$label" "$percent"
    fi
    shown=$percent
  done
  if [[ -t 1 ]] && ((shown >= 0)); then printf '\r\e[K'; fi
}

# The end of a log, indented.
show_end_of() {
  local lines=$1 file=$2
  [[ -s $file ]] || return 0
  tail -n "$lines" -- "$file" | sed 's/^/  | /' >&2
}

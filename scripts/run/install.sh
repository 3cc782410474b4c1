# shellcheck shell=bash
# What the machine needs, by apt. Asks no network while nothing is missing. Sourced by ./run.

BASE_PACKAGES=(
  ca-certificates git g++ cmake ninja-build ccache pkg-config util-linux
  libgrpc++-dev libgrpc-dev protobuf-compiler protobuf-compiler-grpc libprotobuf-dev libabsl-dev
  libpqxx-dev libpq-dev postgresql-15
  libsodium-dev libcli11-dev libsimdjson-dev nlohmann-json3-dev zlib1g-dev libzstd-dev libxxhash-dev
  libgtest-dev libgmock-dev
)
CHECK_PACKAGES=(clang clang-tidy clang-format shellcheck)

BUF_VERSION=1.75.0
GRPCURL_VERSION=1.9.3

# Those of the named packages that are not installed.
missing_packages() {
  local package
  declare -A installed=()
  while IFS= read -r package; do installed[$package]=yes; done < <(
    # shellcheck disable=SC2016  # the ${...} are dpkg-query's
    dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^.i. *//p'
  )
  for package in "$@"; do
    [[ -n ${installed[$package]-} ]] || printf '%s\n' "$package"
  done
}

# install_packages REASON PACKAGE...
install_packages() {
  local reason=$1 missing sudo=() log
  shift
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    fail "this machine has no apt: ./run knows Debian 12 only; install by hand: $*"
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0

  step "installing what is missing $reason (${#missing[@]} packages, by apt)"
  fold -s -w 76 <<<"${missing[*]}" | sed 's/^/  /'
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      fail "installing needs root, and there is no sudo. As root: apt-get install ${missing[*]}"
    say "  by sudo, which may ask for your password"
    sudo true || fail "sudo refused. As root: apt-get install ${missing[*]}"
    sudo=(sudo)
  fi
  log=$(mktemp)
  if ! have_candidates "${missing[@]}"; then
    "${sudo[@]}" apt-get update >"$log" 2>&1 || show_end_of 3 "$log"
  fi
  # A second try with fresh lists: old ones name files that the mirror has no more.
  if ! apt_install "$log" "${missing[@]}"; then
    "${sudo[@]}" apt-get update >"$log" 2>&1 || true
    if ! apt_install "$log" "${missing[@]}"; then
      show_end_of 8 "$log"
      fail "apt-get install failed; all it said is in $log"
    fi
  fi
  rm -f -- "$log"
}

# Whether apt's lists know a version of each package.
have_candidates() {
  local known
  known=$(apt-cache policy "$@" 2>/dev/null | grep -c '^  Candidate: [^(]') || true
  ((known == $#))
}

# Uses `sudo` of install_packages. The status lines need a descriptor of their own, which apt
# closes for its children, and sudo would close for apt.
apt_install() {
  local log=$1
  shift
  # shellcheck disable=SC2016  # expanded by the inner shell
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    sh -c 'exec apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 \
             -o APT::Status-Fd=3 -o Dpkg::Use-Pty=0 "$@" 3>&1' - "$@" </dev/null 2>&1 |
    tee -a "$log" | show_progress installing
}

# buf comes from npm. Prints nothing; false when there is no npx.
have_buf() { command -v npx >/dev/null; }
buf() { npx --yes "@bufbuild/buf@$BUF_VERSION" "$@"; }

how_to_get_grpcurl() {
  say "go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v$GRPCURL_VERSION   (Go 1.21 or newer)"
}

# For CI: what only some checks and tests need, in .cache/bin, which .ci/run has on its PATH.
# Debian's own Go is too old for grpcurl $GRPCURL_VERSION; then the newest that it builds is taken.
install_ci_tools() {
  local version=$GRPCURL_VERSION
  if ! have_buf; then install_packages "for buf" npm; fi
  command -v grpcurl >/dev/null && return 0
  if ! command -v go >/dev/null; then install_packages "for grpcurl" golang-go; fi
  if [[ $(go env GOVERSION) =~ ^go1\.(1[0-9]|20)(\.|$) ]]; then version=1.8.9; fi
  step "building grpcurl $version"
  GOBIN=$ROOT/.cache/bin go install "github.com/fullstorydev/grpcurl/cmd/grpcurl@v$version" ||
    fail "grpcurl could not be built; by hand: $(how_to_get_grpcurl)"
}

#!/usr/bin/env bash
# Runs a real Temporal server on PostgreSQL without containers, on a throw-away database, until the script is stopped.
# The server's version, the schema commands, the dynamic config and the namespace are those of docker-compose.yml.
#
#   scripts/temporal-postgres.sh [port]     # 17233 by default; the nine ports above it are used too
#
# Standard output has one line, the address; everything else goes to standard error. The script needs PostgreSQL's
# programs, the temporal CLI (TEMPORAL_CLI_PATH or on PATH) and, the first time, Go.
set -euo pipefail

readonly VERSION=1.29.2 # the image's version in docker-compose.yml
readonly PORT=${1:-17233}
REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly REPO CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/surehook/temporal-server-$VERSION"

exec 3>&2

build_dir=
work_dir=
pg_ctl=
server_pid=

main() {
  [[ $PORT =~ ^[0-9]+$ ]] && ((PORT >= 1024 && PORT <= 65526)) || fail "port: expected 1024 to 65526, not '$PORT'"
  local initdb cli
  initdb=$(find_initdb)
  cli=$(find_cli)
  require_free_ports

  trap stop EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  [[ -x $CACHE/temporal-server ]] || build
  work_dir=$(mktemp -d "${TMPDIR:-/tmp}/surehook-postgres.XXXXXX")
  mkdir "$work_dir/bin"
  ln -s "$cli" "$work_dir/bin/temporal"
  ln -s "$CACHE/temporal-sql-tool" "$work_dir/bin/temporal-sql-tool"
  export PATH="$work_dir/bin:$PATH"

  export SQL_HOST=127.0.0.1 SQL_PORT=$((PORT + 9)) SQL_USER=temporal SQL_PASSWORD
  SQL_PASSWORD=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  step 'starting PostgreSQL' start_postgres "${initdb%/*}"
  step 'setting up the schema' set_up_schema
  step 'starting Temporal' start_temporal

  say "logs in $work_dir; stop with Ctrl-C"
  echo "127.0.0.1:$PORT"
  wait "$server_pid" || true
  server_pid=
  tail -n 20 "$work_dir/temporal.log" >&2
  fail 'the Temporal server has stopped by itself; the end of its log is above'
}

# `step` runs the functions below where `set -e` is off, so each command that may fail has to return its status.
start_postgres() {
  local bin=$1
  mkdir "$work_dir/postgres"
  printf '%s' "$SQL_PASSWORD" >"$work_dir/password"
  if ((EUID == 0)); then
    chmod 711 "$work_dir"
    chown -R postgres "$work_dir/postgres" "$work_dir/password"
  fi
  as_postgres "$bin/initdb" --pgdata="$work_dir/postgres/data" --username="$SQL_USER" --encoding=UTF8 --locale=C \
    --auth=scram-sha-256 --pwfile="$work_dir/password" || return
  rm "$work_dir/password"
  pg_ctl="$bin/pg_ctl"
  as_postgres "$pg_ctl" --pgdata="$work_dir/postgres/data" --log="$work_dir/postgres/log" --wait \
    --options="-c listen_addresses=127.0.0.1 -c port=$SQL_PORT -c unix_socket_directories=''" start 3>&-
}

set_up_schema() {
  TEMPORAL_SCHEMA_DIR="$CACHE/schema" sh "$REPO/deploy/temporal/setup-schema.sh"
}

start_temporal() {
  mkdir "$work_dir/config"
  cp "$REPO/deploy/temporal/server.yaml.tmpl" "$work_dir/config/server.yaml" # the server itself fills in the template
  # The settings are those of docker-compose.yml, down to the namespace.
  TEMPORAL_BASE_PORT=$PORT NUM_HISTORY_SHARDS=64 DYNAMIC_CONFIG_FILE_PATH="$REPO/deploy/temporal/dynamic-config.yaml" \
    "$CACHE/temporal-server" --root "$work_dir" --config config --env server --allow-no-auth start \
    >"$work_dir/temporal.log" 2>&1 3>&- &
  server_pid=$!
  TEMPORAL_ADDRESS="127.0.0.1:$PORT" TEMPORAL_NAMESPACE=default TEMPORAL_RETENTION=720h \
    sh "$REPO/deploy/temporal/create-namespace.sh" || { tail -n 20 "$work_dir/temporal.log"; return 1; }
}

stop() {
  trap - EXIT
  trap '' INT TERM # a second Ctrl-C must not leave a database behind
  if [[ -n $server_pid ]] && kill "$server_pid" 2>/dev/null; then
    wait "$server_pid" || true
  fi
  if [[ -f $work_dir/postgres/data/postmaster.pid ]]; then
    as_postgres "$pg_ctl" --pgdata="$work_dir/postgres/data" --mode=fast --wait stop >/dev/null
  fi
  [[ -z $build_dir ]] || rm -rf "$build_dir"
  [[ -z $work_dir ]] || rm -rf "$work_dir"
  say 'stopped'
}

# Puts into the cache folder the two programs, and the schema files that the admin-tools image has.
build() {
  command -v go >/dev/null || fail 'Go is not on PATH; it builds the Temporal server'
  say "building Temporal server $VERSION into $CACHE (once; takes minutes)"
  local module=go.temporal.io/server schema
  mkdir -p "${CACHE%/*}"
  build_dir=$(mktemp -d "$CACHE.XXXXXX")
  # The build runs outside of every Go workspace, so that no go.mod of this folder or of the user is changed.
  (cd "$build_dir" && GOBIN="$build_dir" GOFLAGS=-buildvcs=false nice go install \
    "$module/cmd/server@v$VERSION" "$module/cmd/tools/sql@v$VERSION" >&2) || fail 'the build has failed'
  mv "$build_dir/server" "$build_dir/temporal-server"
  mv "$build_dir/sql" "$build_dir/temporal-sql-tool"
  schema=$(cd "$build_dir" && go mod download -json "$module@v$VERSION" | sed -n 's/^.*"Dir": "\(.*\)",*$/\1/p')/schema
  cp -R "$schema" "$build_dir/schema"
  chmod -R u+w "$build_dir/schema"
  chmod 755 "$build_dir"
  rm -rf "$CACHE"
  mv "$build_dir" "$CACHE"
  build_dir=
}

find_initdb() {
  local candidate
  for candidate in "$(command -v initdb || true)" \
    "$(command -v pg_config >/dev/null && pg_config --bindir || true)/initdb" /usr/lib/postgresql/*/bin/initdb; do
    [[ -x $candidate ]] || continue
    readlink -f "$candidate"
    return
  done
  fail 'initdb: not found; install PostgreSQL, or put its bin folder on PATH'
}

find_cli() {
  local cli=${TEMPORAL_CLI_PATH:-$(command -v temporal || true)}
  [[ -x $cli ]] || fail 'the temporal CLI is not on PATH: install it, or set TEMPORAL_CLI_PATH'
  readlink -f "$cli"
}

require_free_ports() {
  local port
  for ((port = PORT; port <= PORT + 9; port++)); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      fail "port $port is in use: give another one as the first argument"
    fi
  done
}

# PostgreSQL refuses to run as root.
as_postgres() {
  if ((EUID != 0)); then
    "$@"
  else
    (cd / && runuser -u postgres -- "$@")
  fi
}

# Runs a step with its output in a log, which is shown only if the step fails.
step() {
  local what=$1 begin=$SECONDS
  shift
  say "$what"
  if ! "$@" >"$work_dir/step.log" 2>&1; then
    cat "$work_dir/step.log" >&2
    fail "$what: failed after $((SECONDS - begin)) s"
  fi
}

# Writes to the standard error of the script, even from a step whose output goes to the log.
say() {
  printf '%s\n' "$*" >&3
}

fail() {
  say "temporal-postgres: $*"
  exit 1
}

main

#!/bin/sh
# Creates Temporal's two PostgreSQL databases and brings their schemas to the version of the tools that run here. Run the
# script again before a newer server starts; it does not change schemas that are up to date.
# temporal-sql-tool itself reads SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD.
set -eu

: "${SQL_HOST:?}" "${SQL_PORT:?}" "${SQL_USER:?}" "${SQL_PASSWORD:?}"
schema_dir="${TEMPORAL_SCHEMA_DIR:-/etc/temporal/schema}/postgresql/v12"

set_up() {
  temporal-sql-tool --plugin postgres12 --db "$1" create
  temporal-sql-tool --plugin postgres12 --db "$1" setup-schema -v 0.0
  temporal-sql-tool --plugin postgres12 --db "$1" update-schema -d "$schema_dir/$2/versioned"
}

set_up temporal temporal
set_up temporal_visibility visibility
temporal-sql-tool --plugin postgres12 --db temporal_visibility setup-schema --disable-versioning \
  --schema-file "$(dirname "$0")/open-dead-letters.sql"

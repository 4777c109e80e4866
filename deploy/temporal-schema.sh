#!/bin/sh
# Creates Temporal's two databases and brings their schemas up to this release; doing it again is fine.
set -eu

schemas=${TEMPORAL_SCHEMAS:-/etc/temporal/schema/postgresql/v12}

# The tool takes it from the environment only.
SQL_PASSWORD=$(cat "$SQL_PASSWORD_FILE")
export SQL_PASSWORD

sql() {
  database=$1
  shift
  temporal-sql-tool --plugin postgres12 --ep "$POSTGRES_SEEDS" --port "$DB_PORT" --user "$POSTGRES_USER" \
    --db "$database" "$@"
}

for pair in temporal:temporal temporal_visibility:visibility; do
  database=${pair%:*}
  sql "$database" create
  sql "$database" setup-schema -v 0.0
  sql "$database" update-schema -d "$schemas/${pair#*:}/versioned"
done

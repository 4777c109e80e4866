#!/bin/sh
# Creates the namespace where it is missing, and ends when the server can work with it; doing it again is fine.
set -eu

tries=${TRIES:-60}
pause=${PAUSE:-2}

# A new namespace is known to all of the server's services only after some seconds.
until said=$(temporal workflow list --namespace "$TEMPORAL_NAMESPACE" --limit 1 2>&1); do
  if ! temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
    said=$(temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" \
      --retention "${TEMPORAL_RETENTION:-90d}" 2>&1) || true
  fi
  tries=$((tries - 1))
  if [ "$tries" -le 0 ]; then
    echo "the namespace $TEMPORAL_NAMESPACE at $TEMPORAL_ADDRESS is not ready: $said" >&2
    exit 1
  fi
  sleep "$pause"
done
echo "the namespace $TEMPORAL_NAMESPACE is ready"

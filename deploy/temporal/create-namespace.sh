#!/bin/sh
# Waits until Temporal is healthy, then creates Surehook's namespace if there is none. An existing namespace keeps its
# retention.
# The temporal CLI itself reads TEMPORAL_ADDRESS.
set -eu

: "${TEMPORAL_ADDRESS:?}" "${TEMPORAL_NAMESPACE:?}" "${TEMPORAL_RETENTION:?}"

# Runs the command once a second until it succeeds, for at most a minute: a new server refuses for some seconds.
retry() {
  attempts=1
  until "$@" >/dev/null 2>&1; do
    if [ "$attempts" -ge 60 ]; then
      echo "gave up after $attempts attempts: $*" >&2
      "$@"
      return
    fi
    attempts=$((attempts + 1))
    sleep 1
  done
}

namespace_exists() {
  temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE"
}

create_namespace() {
  namespace_exists ||
    temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$TEMPORAL_RETENTION"
}

retry temporal operator cluster health
retry create_namespace
# A new namespace is not usable at once: it enters the server's own cache of namespaces some seconds later.
retry temporal workflow list --namespace "$TEMPORAL_NAMESPACE" --limit 1
echo "namespace '$TEMPORAL_NAMESPACE' is ready"

#!/usr/bin/env bash
# A cluster by hand, on machines of a network that nobody else is in:
#
#     examples/cluster/ray-by-hand.sh head            # on one machine; it says its address
#     examples/cluster/ray-by-hand.sh HEAD:6379       # on every other machine
#
# Then, on the head:
#
#     RAY_AUTH_MODE=token qasr batch /share/in -o /share/out --executor ray --address auto
#
# `ray stop` on each machine ends it. The token lies in ~/.ray/auth_token: copy it to every machine
# before it joins. Whoever has it, and reaches the ports, runs programs on these machines.
set -euo pipefail

export RAY_AUTH_MODE=token
export RAY_USAGE_STATS_ENABLED=0 # else Ray reports how it is used to its maker

case "${1:?head, or the address of the head}" in
  head)
    [[ -s ~/.ray/auth_token ]] || ray get-auth-token --generate >/dev/null
    exec ray start --head --port 6379 --node-ip-address "${NODE_IP:-127.0.0.1}" \
      --include-dashboard false --min-worker-port 10002 --max-worker-port 10999
    ;;
  *)
    exec ray start --address "$1" --min-worker-port 10002 --max-worker-port 10999
    ;;
esac

#!/usr/bin/env bash
# What a GPU does with qasr, in at most 8 minutes (--quick: 3). See docs/gpu-trial.md.
#
#   tools/gpu_trial.sh wheels FOLDER     collect what the trial needs, where there is a network
#   tools/gpu_trial.sh [--quick] [--wheels FOLDER] [--output FILE] [--device cpu]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${PYTHON:-}
if [ -z "$python" ]; then
    python=$root/.venv/bin/python
    [ -x "$python" ] || python=python3
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "gpu_trial: $python is no Python 3.11 or newer; name one: PYTHON=/path/to/python $0" >&2
    exit 3
fi
export PYTHONPATH="$root/src:$root${PYTHONPATH:+:$PYTHONPATH}"
if [ "${1:-}" = wheels ]; then
    shift
    exec "$python" -m tools.gpu_trial.wheels "$@"
fi
# Nothing of a trial may reach out; a slow disk must not be written to in vain.
export HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 PYTHONDONTWRITEBYTECODE=1
exec "$python" -m tools.gpu_trial "$@"

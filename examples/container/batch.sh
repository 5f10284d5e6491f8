#!/usr/bin/env bash
# Subtitles for every recording below a folder, in a container that has no network at all.
#
#     batch.sh FOLDER [OPTION of qasr batch ...]
#
# ENGINE (docker or podman), IMAGE and MODELS (a volume or a folder) may be set.
set -euo pipefail

engine=${ENGINE:-docker}
folder=$(cd "${1:?the folder of recordings}" && pwd)
shift

# Files that it writes belong to whoever runs this, not to the image's user.
case $engine in
  podman) owner=(--userns keep-id --user "$(id -u):$(id -g)") ;;
  *) owner=(--user "$(id -u):$(id -g)") ;;
esac

exec "$engine" run --rm --network none --read-only --tmpfs /tmp --tmpfs /state \
  --cap-drop ALL --security-opt no-new-privileges "${owner[@]}" \
  --volume "${MODELS:-qasr-models}:/models:ro" --volume "$folder:/workspace" \
  "${IMAGE:-qasr:cpu}" batch /workspace "$@"

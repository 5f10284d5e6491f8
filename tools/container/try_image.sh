#!/usr/bin/env bash
# Try an image as its users would: self-test, batch without a network, the service and its health.
#
#     try_image.sh IMAGE          ENGINE=podman takes another engine than docker
#
# Ends with 1 at the first thing that does not go well.
set -euo pipefail

image=${1:?the image}
engine=${ENGINE:-docker}
recordings=$(cd "$(dirname "$0")/../../examples/recordings" && pwd)
work=$(mktemp -d)
name=qasr-tried-$$

clean_up() {
  "$engine" rm --force "$name" > /dev/null 2>&1 || true
  # What others wrote is root's alone to remove.
  "$engine" run --rm --user 0 --volume "$work:/work" --entrypoint sh "$image" -c 'rm -rf /work/*'
  rm -rf "$work"
}
trap clean_up EXIT

confined=(--rm --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges)
batch=(batch . --model demo --quiet)

echo "self-test, as the image's user"
"$engine" run "${confined[@]}" --network none "$image" doctor --self-test --model demo

echo "a batch, as whoever runs this, and as a user whom nobody knows"
# Rootless engines have 65,536 numbers.
for owner in "$(id -u):$(id -g)" 54321:0; do
  folder=$(mktemp -d -p "$work")
  cp "$recordings/interview.wav" "$folder"
  chmod -R a+rwX "$work"
  "$engine" run "${confined[@]}" --network none --user "$owner" --volume "$folder:/workspace" \
    "$image" "${batch[@]}"
  test -s "$folder/interview.srt"
done

echo "the service, its health, its key"
"$engine" run "${confined[@]}" --detach --name "$name" --publish 127.0.0.1:8501:8501 \
  --env QASR_API_KEY=0123456789abcdef "$image" serve --model demo > /dev/null
for _ in $(seq 60); do
  curl --silent --fail http://localhost:8501/readyz > /dev/null && break
  sleep 1
done
"$engine" exec "$name" python /usr/local/lib/qasr/healthcheck.py
test "$(curl --silent --output /dev/null --write-out '%{http_code}' http://localhost:8501/v1/models)" = 401
curl --silent --fail --header "Authorization: Bearer 0123456789abcdef" \
  --form "audio=@$recordings/interview.wav" http://127.0.0.1:8501/transcribe | grep --quiet '"text"'
"$engine" stop --time 30 "$name" > /dev/null
echo "all is well"

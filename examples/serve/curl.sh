#!/bin/sh
# Asks a running `qasr serve` with curl. Usage: ./curl.sh RECORDING [URL]
set -eu
recording=$1
url=${2:-http://127.0.0.1:7860}

# Wait for the models: 503 while they load, 200 then.
until curl --silent --fail --output /dev/null "$url/readyz"; do sleep 1; done

# Text, words and sentences.
curl --silent --show-error --fail-with-body --form audio=@"$recording" "$url/transcribe"
echo

# Subtitles.
curl --silent --show-error --fail-with-body --form file=@"$recording" --form model=qasr \
    --form response_format=srt "$url/v1/audio/transcriptions"

# The times of a text that is known: TEXT is a file.
if [ -n "${TEXT:-}" ]; then
    curl --silent --show-error --fail-with-body --form audio=@"$recording" --form text="<$TEXT" \
        "$url/align"
    echo
fi

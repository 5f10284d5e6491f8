#!/bin/sh
# Captions of a stream: ./stream.sh rtsp://camera/live -o camera -f srt,vtt
# ffmpeg reaches out, qasr cannot. A connection that broke is made anew, and the captions go on; after
# 30 tries in a row that came to nothing it ends.
set -eu

address=$1
shift
{
    tries=0
    while [ "$tries" -lt 30 ]; do
        began=$(date +%s)
        ffmpeg -nostdin -loglevel error -i "$address" -map 0:a:0 -f s16le -ac 1 -ar 16000 - || :
        tries=$((tries + 1))
        if [ $(($(date +%s) - began)) -gt 30 ]; then tries=0; fi
        sleep 2
    done
} | qasr live --pcm --model "${QASR_EXAMPLE_MODEL:-1.7b}" "$@"

"""Who speaks, as subtitles show it: names in the text, and two people in one cue."""

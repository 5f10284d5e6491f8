"""A media file to samples, through an ffmpeg child: its tracks, its channels, all of its sound."""

"""A media file to samples, through an ffmpeg child: what is in it, which track, all of its sound."""

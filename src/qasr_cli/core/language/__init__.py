"""The languages: names, profiles, limits of their subtitles, where sentences end."""

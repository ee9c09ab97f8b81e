"""One adapter per provider dialect; which one serves a channel is a setting."""

"""From candidates and paths to words, and from words back to facts."""

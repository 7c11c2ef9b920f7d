"""One program, many processes: each reads its share of the tracks, and they meet in a sum."""

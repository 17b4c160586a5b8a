"""From files to layers: entries, tar, gzip members, fragments, what must hold for all of them."""

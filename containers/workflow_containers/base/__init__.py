"""Images that others made, as a ground for ours: pinned by digest, read, and left untouched."""

"""From a path to its bill of materials: what it is, when it was made, what describes it."""

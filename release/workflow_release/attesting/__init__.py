"""What is said of artifacts: SBOMs, sums, provenance, the record, and the bundles around them."""

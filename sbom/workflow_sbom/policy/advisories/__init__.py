"""Known vulnerabilities as OSV records (https://ossf.github.io/osv-schema/, 1.7)."""

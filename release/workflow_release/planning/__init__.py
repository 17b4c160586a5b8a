"""From configuration, checkout and history to the plan of a release."""

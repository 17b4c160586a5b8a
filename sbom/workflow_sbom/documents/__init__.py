"""Documents of others: read, merged and compared as JSON, so that nothing in them is lost."""

"""Documents in the field's formats, and their schemas."""

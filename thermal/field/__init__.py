"""Temperature field of a layered package."""

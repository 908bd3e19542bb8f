"""Pictures and pages from a finished run directory. Never solves."""

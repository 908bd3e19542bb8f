"""Readers and writers of power traces, one file a format."""

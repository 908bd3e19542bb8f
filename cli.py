"""Command line of vascool."""

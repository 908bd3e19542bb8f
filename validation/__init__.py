"""Cases with a reference and a band, computed through the same code paths a user runs."""

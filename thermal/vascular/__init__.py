"""Flow of a coolant through branching channels, and the plate that it cools."""

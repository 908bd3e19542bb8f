"""What meets what: case file, power traces, co-simulation, facility."""

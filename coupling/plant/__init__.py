"""The plant around the loop: weather, heat rejection, electrical chain, PUE."""

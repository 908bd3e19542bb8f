"""Geometry: package stacks, floorplans, layered hexahedral meshes. No physics, no solver."""

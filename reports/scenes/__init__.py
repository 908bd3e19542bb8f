"""Scenes that turn in the browser: triangles with values, packed into the page; also written as GLB."""

"""Physics of one thing at a time: conduction in the package, the two-phase loop."""

"""From catalogue files to the graph."""

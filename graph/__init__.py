"""What is known: nodes and edges, the store that keeps them, the snapshot that thinks."""

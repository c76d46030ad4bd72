"""What is known: nodes, edges, their words, the store that keeps them and the snapshot that thinks."""

"""What is known: nodes, edges and their words, the store that keeps and the snapshot that thinks."""

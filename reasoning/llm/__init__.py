"""The seam to language models: one method, several implementations, wrappers that add manners."""

"""The demo and its data: MovieLens-100K, facts about its films, their mapping and their words."""

"""The data that ships with groundrec: facts about films, their mapping and their words."""

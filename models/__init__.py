"""From a snapshot to ranked candidates: rankers, their fitting and their measurement."""

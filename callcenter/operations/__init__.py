"""Looking after a house: what is wrong with it, and its backups."""

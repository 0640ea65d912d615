"""Guest cards: who the house's guests and customers are, how they are found, owned, followed up and kept apart."""

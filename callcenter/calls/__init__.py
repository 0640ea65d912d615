"""Call records, their legs and episodes, and the three-ring accounting."""

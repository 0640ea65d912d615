"""Outbound work: calls that the house owes somebody, and callers who gave up."""

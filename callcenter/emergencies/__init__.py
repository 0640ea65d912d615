"""Emergencies: what was dialled or raised, the checklist, who was called in, every step with its time."""

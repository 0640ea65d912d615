"""Shifts: the roster, the chores, and handing over from one shift to the next."""

"""The people at the switchboard: their states, who helps them, what supervisors see and do."""

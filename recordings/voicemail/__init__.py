"""Messages that callers left: filed, listened to, written down, answered by a call."""

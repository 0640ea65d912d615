"""What was said: recordings are taken in, kept, checked and played."""

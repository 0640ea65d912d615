"""Understanding speech: writing messages down, and telling which of a few words a caller said."""

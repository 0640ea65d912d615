"""Values as callers hear them: pure functions from a value and a language to the recorded pieces, in order.

A piece is the name of a sound that the exchange can play (`zh/digits/3`); `ivr/prompts/pieces.yaml` holds the words of
each. Whatever cannot be said raises `NotSpeakable`.
"""

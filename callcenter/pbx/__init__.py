"""Asterisk and nothing of hotels: the AMI link, typed facts, the call tracker, actions and provisioning."""

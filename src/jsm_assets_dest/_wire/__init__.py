"""Requests out, responses in, and the decision table. Nothing here waits or keeps state."""

"""Generators that define what to request, in which order, and what the responses mean."""

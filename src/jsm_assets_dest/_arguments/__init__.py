"""Checks of the arguments of public functions, methods, and constructors on entry."""

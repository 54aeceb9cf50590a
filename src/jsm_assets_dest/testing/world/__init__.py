"""The state of the emulated site and the rules that change it.

Nothing in this package uses HTTP: rules return values or raise `Rejection`, and the routes convert both to responses.
"""

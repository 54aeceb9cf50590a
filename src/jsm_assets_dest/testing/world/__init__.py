"""The state of the emulated site and the rules that change it.

Nothing in here knows HTTP: rules answer with values or raise `Rejection`, and the routes turn both into answers.
"""

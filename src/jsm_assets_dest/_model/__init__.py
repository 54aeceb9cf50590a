"""The wanted schema model as values, and its lint."""

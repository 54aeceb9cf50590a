"""The mechanism of errors: declared facts, their protocols, and the layout of a message."""

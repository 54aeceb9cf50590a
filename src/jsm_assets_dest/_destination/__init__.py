"""The saved configuration of a destination: its fields, its file, and the references to secrets in it."""

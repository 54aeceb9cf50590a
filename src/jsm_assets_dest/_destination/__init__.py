"""A saved destination: its settings, its secret references, and its checklist."""

"""What follows from a schema model: its document, its findings, its pictures, its differences from what exists."""

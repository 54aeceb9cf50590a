"""The wanted model compared with what the import has: build plan, conflicts, and documents."""

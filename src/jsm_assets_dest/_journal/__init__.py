"""What the journal of an import hands out."""

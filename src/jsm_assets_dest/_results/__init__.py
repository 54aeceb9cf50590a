"""How results come about: what is counted while an import runs, and what Assets says about it in the end."""

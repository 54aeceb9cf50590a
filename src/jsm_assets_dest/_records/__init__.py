"""How records are checked: the rules for values, the compiled fast path, and what is remembered of a whole run."""

"""Records to chunks to results: options, checker, chunker, encoding, journal, progress, and result."""

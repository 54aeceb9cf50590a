"""The only code that waits: one engine that blocks and one that is asynchronous, and the commands they carry out."""

"""What to ask of the service, in which order, and what it means: generators of commands, without a colour."""

"""What is read from Assets: the reading of JSON, and one module for each kind of thing."""

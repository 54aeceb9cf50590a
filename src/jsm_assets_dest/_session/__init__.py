"""One site: credentials, workspace, retry policy, gate, and budget; and one call."""

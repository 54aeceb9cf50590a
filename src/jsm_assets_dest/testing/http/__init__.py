"""The emulated site over HTTP: addresses, credentials, request bodies, and responses in the service's shapes."""

"""The emulated site as HTTP: addresses, credentials, reading of requests, and answers in the service's shapes."""

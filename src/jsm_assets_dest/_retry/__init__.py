"""One generator around one request: attempts, waits, the gate that a 429 closes, and the budget."""

"""What Assets has, as values, and reports about it."""

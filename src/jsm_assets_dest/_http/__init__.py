"""The only code that waits and the only code that uses httpx: commands, and the sync and async engines."""

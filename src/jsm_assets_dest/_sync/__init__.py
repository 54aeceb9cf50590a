"""The sync handles, derived from `_async` by `tools/derive_sync.py`."""

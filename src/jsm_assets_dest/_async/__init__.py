"""The async handles, written by hand; `_sync` is derived from them."""

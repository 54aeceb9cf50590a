"""The async handles, written manually; `_sync` is derived from them."""

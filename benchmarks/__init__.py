"""Measurements of jsm_assets_dest beside plain httpx, its peers and hand-written loops: `python -m benchmarks`."""

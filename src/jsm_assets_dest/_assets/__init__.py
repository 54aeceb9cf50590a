"""Values of Assets, and reports about them."""

"""The page Explore: what one layer returns, and why."""

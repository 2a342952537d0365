"""What identity providers outside AWS say of somebody, and whether to believe it."""

"""Pure decisions of Application Auto Scaling."""

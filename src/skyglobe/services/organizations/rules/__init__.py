"""Pure decisions of Organizations."""

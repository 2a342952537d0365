"""What DAX decides without looking: pure functions of their arguments."""

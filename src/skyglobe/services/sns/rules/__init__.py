"""What SNS decides without looking at a clock or a store."""

"""Metric math: expressions over series. CloudWatch user guide, "Using math expressions with CloudWatch metrics"."""

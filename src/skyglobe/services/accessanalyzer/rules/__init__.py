"""Decisions of Access Analyzer, without effects."""

"""The Data Catalog's decisions, without effects."""

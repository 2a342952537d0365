"""S3 Select: SQL over one object. Needs DuckDB, which is an extra and is loaded by the first query."""

"""Records of JSON as files of Parquet or ORC: the schema, how JSON is read by it, how files are written.

Developer guide, "Convert input data format in Amazon Data Firehose".
"""

"""Writing the folder of a new service from botocore's model: the part of the work nobody should do by hand."""

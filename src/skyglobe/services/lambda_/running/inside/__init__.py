"""What runs in functions' environments: the interpreters' own beginnings. None of it is imported by the cloud."""

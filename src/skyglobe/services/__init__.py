"""One folder per AWS service. Services never import each other; they stand on the kernel."""

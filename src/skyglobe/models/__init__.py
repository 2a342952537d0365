"""AWS's own service models, read from botocore: what the whole program derives itself from."""

from skyglobe.models.loading import load, service_names
from skyglobe.models.shapes import OperationModel, ServiceModel, Shape

__all__ = ["OperationModel", "ServiceModel", "Shape", "load", "service_names"]

"""The door to PyTorch Geometric, which says on import what its users can do nothing about."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)
    from torch_geometric.data import HeteroData
    from torch_geometric.nn import LightGCN, SimpleConv

__all__ = ["HeteroData", "LightGCN", "SimpleConv"]

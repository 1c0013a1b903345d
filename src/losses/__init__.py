"""Loss functions with exact gradients and Hessians, for NumPy."""

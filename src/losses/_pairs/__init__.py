"""Sums of a pair loss over all pairs of items that a query orders, in time O(n log n) where the loss allows it.

Knows sorted items with levels and weights, and a function of the difference between two scores. Knows nothing of what
the user passed, of reductions or of `out`.
"""

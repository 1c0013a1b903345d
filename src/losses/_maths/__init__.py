"""Functions of numbers: special functions, and sums and polynomials that keep their digits.

Knows nothing of losses, samples or weights.
"""

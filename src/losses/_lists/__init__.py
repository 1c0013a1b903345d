"""Kernels of the listwise losses: rows of lists in, losses and derivatives out.

Each takes q lists of m items as contiguous rows of shape (q, m), and returns a tuple with an entry for each of
`orders`: 0 the losses (q,), 1 the gradient by the scores, 2 the Hessian's diagonal, 3 the curvature, positive, all
(q, m) and in the scores' dtype: float32, float64 or longdouble. A list's results do not depend on the other lists, to
the bit. That of ListNet takes lists of any lengths, one after the other.

Knows rows of relevance and scores, and the losses' parameters. Knows nothing of queries, weights and reductions, and
checks nothing.
"""

"""Evaluation: walks the blocks of one call, weighs, scales, adds up, and writes. It does so for every loss, here alone.

                     take a block                 hooks
    admission  ───────────────────>  evaluation  ───────>  formula
    (samples)   arrays and weights        │      <───────  (losses)
                                          │       losses and derivatives of the block's samples
                                          v
                  Σ wℓ / denominator,  w · derivative / denominator, written to the result

Knows blocks, threads, weights, reductions, and the kinds of samples, which say how a sample's weight spreads over its
predictions: `by_sample` (entries of leading axes), `by_query` (items of queries), `by_stratum` (times at risk),
`by_region`, `by_batch` (vectors compared with each other), `by_vocabulary` (rows of a linear layer) and `by_term` (sums
of losses). What is wanted of a block is in `asked`; `short` is the way of a call of one block. Knows nothing of shapes
that don't fit or values that aren't allowed, and no formula.
"""

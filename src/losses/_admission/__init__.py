"""Admission: what the user passed becomes arrays that are trusted. All errors about data are raised here.

Knows kinds of array, shapes, dtypes, domains, weights, class ids, queries and `out`. It hands out blocks of them, with
the samples' weights. Knows nothing of formulas, derivatives or reductions, but for the denominator of a mean.
"""

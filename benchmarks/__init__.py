"""Times this library against what a user would pick instead: ``python -m benchmarks --help``.

===============  =====================================================================
``cases``        the losses, each written in every contender's language; add one here
``contenders``   this library and its peers: threads, warm-up, arrays of their own
``worker``       the process of a contender that needs one of its own
``timing``       checks that all agree, then times them in turn
``comparisons``  this library against itself: dtypes, orders, gradient and curvature
``memory``       peak extra memory, one process a contender
``targets``      what the library promises to reach, and whether it did
``report``       Markdown and JSON
``pictures``     a picture a family
``run``          all of it in turn
===============  =====================================================================
"""

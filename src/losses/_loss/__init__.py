"""What a loss is: parameters, `repr`, the signature, the methods, sums of losses, and the bases of the families.

It ties the rooms together: a method binds its arguments, hands them to admission, and what comes back, with the
loss's hooks, to evaluation. It computes nothing itself, and never looks into an array.
"""

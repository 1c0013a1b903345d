"""Settings of the tests: a Hypothesis profile for every run, the same each time, and one for longer local runs."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "default",
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=1000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

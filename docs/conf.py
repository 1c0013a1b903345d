"""How the documentation is built: ``python -m sphinx -W -b html docs docs/_build/html``. Nothing is fetched."""

import ast
import builtins
import importlib.util
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

import gallery_pictures  # noqa: E402

import losses  # noqa: E402

project = "losses"
author = "The losses developers"
project_copyright = "The losses developers"
version = release = losses.__version__

extensions = ["myst_parser", "sphinx_design", "sphinx_gallery.gen_gallery", "site_of_losses"]
exclude_patterns = ["_build", "_ext", "examples", "**/GALLERY_HEADER.rst", "gallery/*.py.md5"]
suppress_warnings = ["config.cache"]
nitpicky = True

myst_enable_extensions = ["colon_fence", "fieldlist", "deflist"]
myst_heading_anchors = 3

html_theme = "pydata_sphinx_theme"
html_title = "losses"
html_static_path = ["_static"]
html_css_files = ["losses.css"]
templates_path = ["_templates"]
html_copy_source = html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "show_nav_level": 1,
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
    "article_footer_items": ["as_markdown"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "back_to_top_button": False,
}
html_sidebars = {"index": []}
html_context = {"default_mode": "auto"}

# ------------------------------------------------------------------------------------------------------ examples

DRAWING = ("watching_a_run", "forecast_distribution", "embeddings")
"""Examples that draw into a file that is named as an argument."""

_pictures = tempfile.TemporaryDirectory()


def installed(script: Path) -> bool:
    """Return whether all that an example imports is there; else it is shown, but not run."""
    names = set()
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        names |= {each.name for each in node.names} if isinstance(node, ast.Import) else set()
        names |= {node.module} if isinstance(node, ast.ImportFrom) else set()
    roots = {name.partition(".")[0] for name in names if name}
    return all((script.parent / f"{root}.py").exists() or importlib.util.find_spec(root) for root in roots)


def arguments(gallery: dict, script: dict) -> list[str]:
    """Return the arguments of an example: less data than by default, pictures where they are in nobody's way."""
    name = Path(script["src_file"]).stem
    if name == "learning_to_rank":
        return ["20000"]
    return [str(Path(_pictures.name) / f"{name}.png")] if name in DRAWING else []


def name_the_file(gallery: dict, script: str) -> None:
    """Let an example find the data beside it: sphinx-gallery runs it without a ``__file__``."""
    builtins.__file__ = str(HERE / "examples" / script)


_run = [script.stem for script in sorted((HERE / "examples").glob("*.py")) if installed(script)]
sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "filename_pattern": rf"[\\/]({'|'.join(_run)})\.py$",
    "ignore_pattern": r"__init__\.py",
    "image_scrapers": ("matplotlib", gallery_pictures.scrape),
    "reset_argv": arguments,
    "reset_modules": ("matplotlib", name_the_file),
    "download_all_examples": False,
    "show_signature": False,
    "show_memory": False,
    "write_computation_times": False,
    "plot_gallery": "True",
    "remove_config_comments": True,
    "within_subsection_order": "FileNameSortKey",
}

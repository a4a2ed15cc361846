"""Sphinx's settings: `make docs` builds these pages into build/docs."""

import sys
from pathlib import Path

from fatigue_ros import __version__
from fatigue_ros.desk import parameter_reference

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

project = "fatigue_ros"
author = "fatigue_ros maintainers"
copyright = f"the {author}; Apache-2.0"  # noqa: A001 - Sphinx's name
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
suppress_warnings = ["ref.python"]  # a name that a module hands on has two places
exclude_patterns = ["_generated/parameters.md"]  # included by a page
html_theme = "furo"
html_title = f"fatigue_ros {__version__}"

autosummary_generate = True
autodoc_typehints = "description"
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": True}
napoleon_numpy_docstring = False

generated = ROOT / "docs" / "_generated"
generated.mkdir(exist_ok=True)
(generated / "parameters.md").write_text(parameter_reference.tables(), encoding="utf-8")

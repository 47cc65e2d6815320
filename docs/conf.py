"""How Sphinx builds the documents: `make docs`. A dead link, a page in no list or a missing anchor fails the build."""

project = "sameday"
author = "the sameday authors"
html_title = "sameday"
html_theme = "furo"
html_copy_source = False
html_show_sphinx = False
extensions = ["myst_parser"]
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
nitpicky = True
exclude_patterns = ["_build"]

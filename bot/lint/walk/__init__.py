"""The walk through the templates of one object: it follows every call and looks up every variable."""

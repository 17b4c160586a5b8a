"""A bounded evaluator for the part of Go's template language that pipelines use.

`{{ .field.path }}`, `$`, literals, pipes, parentheses, function calls, `if`/`with`/`range` with
`else`, comments and trim markers. Fields are looked up in dictionaries only: no template reaches
a Python attribute. See `Template`.
"""

from workflow_engine.templates.template import Template, Tree

__all__ = ["Template", "Tree"]

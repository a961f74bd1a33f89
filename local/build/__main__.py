"""`make build`: every function of the template, built for this machine where something changed."""

from local import template
from local.build import artifacts

artifacts.build_local({name: each.rotator for name, each in template.functions().items()})

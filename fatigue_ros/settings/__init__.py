"""Parameters as dataclasses, YAML files and the files that come with the package."""

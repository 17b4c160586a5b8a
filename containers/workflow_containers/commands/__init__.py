"""One module a command of `workflow-containers`: each has `run(asked, shell) -> exit code`."""

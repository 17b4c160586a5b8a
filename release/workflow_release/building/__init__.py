"""From the plan to artifacts: staged, stamped, built in parallel, kept by their inputs."""

"""One module a command; each turns the parsed words into one frozen request and answers it.

run(asked: argparse.Namespace, shell: Shell) -> int
"""

"""One module a group of commands; `cli.app` names them."""

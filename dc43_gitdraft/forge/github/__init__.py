"""GitHub: pull requests by its REST API, on github.com and on GitHub Enterprise.

`place` knows the addresses of a repository, `api` asks (it alone knows PyGithub, which takes long
to load), `facts` reads the answers, `forge` keeps pull requests, `talk` is there for what people
say under them, `inspect` for what `doctor` wants to know, `credentials` finds the token.
"""

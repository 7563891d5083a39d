"""The dc43 toolkit's side: its contract store over the contracts repository, and its interceptor.

`GitContractStore` is what its services take as contract store and as draft store.
`dc43_gitdraft.dc43.interceptor.DraftingInterceptor`, which needs Spark, is what its governed
writes take.
"""

from __future__ import annotations

from dc43_gitdraft.dc43.store import GitContractStore, NoSuchVersionError

__all__ = ["GitContractStore", "NoSuchVersionError"]

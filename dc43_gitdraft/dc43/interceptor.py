"""Drift that dc43 passes as ok, such as a new column, becomes a draft all the same.

dc43 tells a write's interceptors how it ended, and not what it drafted itself: where its own
draft is in the draft store, this one stays silent, so that one write is one draft.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from dc43_integrations.spark.io.interceptors import BaseGovernanceInterceptor, InterceptorContext
from pyspark.sql import DataFrame

from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.model import Dataset, Observation
from dc43_gitdraft.publish import now
from dc43_gitdraft.spark.job import Asked, bump_of
from dc43_gitdraft.spark.measured import About, Measuring
from dc43_gitdraft.spark.office import Office, Told
from dc43_gitdraft.workplace import Place

_SEEN = "gitdraft_seen"
_log = logging.getLogger(__name__)


class DraftingInterceptor(BaseGovernanceInterceptor):  # type: ignore[misc]
    """Drafts from the schema of the data that a governed write is given; it starts no Spark job.

    dc43 makes one for each write where its settings name this class
    (`dc43.governance.interceptors`, DC43_GOVERNANCE_INTERCEPTORS); they may also name an object of
    it that a module holds. `repo` is by default what GITDRAFT_REPO names; the other arguments are
    those of `write_with_contract`. What fails here never stops the data: the Observation is kept
    in the outbox then.

    Raises ConfigError where no repository is named.
    """

    def __init__(
        self,
        repo: Place | None = None,
        *,
        base: str | None = None,
        bump: str | None = None,
        outbox: str | Path | None = None,
    ) -> None:
        place = Asked("", repo).place
        if place is None:
            raise ConfigError(
                "the interceptor knows no contracts repository: set GITDRAFT_REPO, or give repo="
            )
        bump_of(bump)
        self._place, self._base, self._bump = place, base, bump
        self._outbox = Asked("", outbox=outbox).outbox_folder

    def pre_write(self, context: InterceptorContext, df: DataFrame) -> DataFrame:
        """Look at the data before dc43 fits it to the contract; it is returned as it is."""
        try:
            context.kwargs[_SEEN] = self._seen(context, df)
        except Exception:
            # Whatever it is: the data is written by dc43's own rules.
            _log.exception("the data of %s was not looked at", context.contract.id)
        return df

    def post_write(self, context: InterceptorContext, result: Any) -> None:
        """Publish what was seen, unless dc43 has drafted from it."""
        seen = context.kwargs.pop(_SEEN, None)
        if seen is None or _drafted(result):
            return
        contract_id = str(context.contract.id)
        try:
            told = self._tell(contract_id, seen)
        except Exception:
            _log.exception("what was seen of %s was not published", contract_id)
        else:
            _say(contract_id, told)

    def _seen(self, context: InterceptorContext, df: DataFrame) -> Observation:
        asked = getattr(context.kwargs.get("request"), "context", None)
        dataset = getattr(asked, "dataset_id", None) or str(context.contract.id)
        version = getattr(asked, "dataset_version", None)
        return Measuring(df, About(Dataset(str(dataset), version), now()), None).outline()

    def _tell(self, contract_id: str, seen: Observation) -> Told:
        with Office(
            contract_id,
            self._place,
            base=self._base,
            outbox=self._outbox,
            adjust=bump_of(self._bump),
        ) as office:
            return office.tell(seen)


def _drafted(result: Any) -> bool:
    """Whether dc43 has drafted from this very write."""
    for each in (getattr(result, "status", None), getattr(result, "result", None)):
        details = getattr(each, "details", None)
        if isinstance(details, dict) and details.get("draft_contract_version"):
            return True
    return False


def _say(contract_id: str, told: Told) -> None:
    outcome = told.outcome
    if outcome is None:
        return  # The office has said why, and where it is kept.
    pull = outcome.pull_request
    _log.info(
        "%s: %s%s", contract_id, outcome.kind.value, f" ({pull.url})" if pull is not None else ""
    )

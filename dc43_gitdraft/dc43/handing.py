"""A store of dc43 that takes promoted versions: filesystem, SQL, Delta or Collibra.

dc43's own settings name it, and its own classes write to it.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import tomlkit
from dc43_service_backends.bootstrap import build_contract_store
from dc43_service_backends.config import ContractStoreConfig, load_config
from dc43_service_backends.contracts.backend.stores.interface import ContractStore
from open_data_contract_standard.model import OpenDataContractStandard
from sqlalchemy.exc import ArgumentError
from tomlkit.exceptions import TOMLKitError

from dc43_gitdraft.base_contract import json_like, refusal
from dc43_gitdraft.errors import ConfigError, HandingError
from dc43_gitdraft.handing import Handed
from dc43_gitdraft.names import check_contract_id, one_line
from dc43_gitdraft.odcs import read

#: Where dc43 looks for its settings, and what it takes over those in the file.
_FILE = "DC43_SERVICE_BACKENDS_CONFIG"
_TYPE = "DC43_CONTRACT_STORE_TYPE"
#: Collibra's word for what dc43's jobs may rely on.
_APPROVED = "Validated"
#: Modules of drivers, and the packages that have them, where these are called otherwise.
_PACKAGES = {"MySQLdb": "mysqlclient", "psycopg2": "psycopg2-binary"}


class Store:
    """Puts each version into the contract store that a settings file of dc43 names.

    The file is the argument, else what DC43_SERVICE_BACKENDS_CONFIG names; dc43's variables
    (DC43_CONTRACT_STORE_TYPE, …_DSN, …_TOKEN) count over it, and do without it. A version that is
    put again takes its own place.
    """

    def __init__(self, argument: str, *, name: str) -> None:
        """Raise ConfigError where there are no such settings, or dc43 refuses them."""
        config = _settings(argument or os.environ.get(_FILE, ""), name)
        if config.default_status == ContractStoreConfig().default_status:
            config = replace(config, default_status=_APPROVED)
        try:
            self._store: ContractStore = build_contract_store(config)
        except RuntimeError as error:
            raise ConfigError(f"dc43 refuses the settings of the hook {name!r}: {error}") from error
        except ModuleNotFoundError as error:
            package = _PACKAGES.get(error.name or "", error.name)
            raise ConfigError(
                f"the store of the hook {name!r} needs the module {error.name!r}: "
                f"pip install {package}, or name a driver that is installed in its `dsn`"
            ) from error
        except (ArgumentError, ValueError) as error:
            # Its text may hold the password.
            raise ConfigError(
                f"the hook {name!r} has settings that its store cannot read: write a `dsn` as in "
                "`postgresql+psycopg://HOST/DATABASE`"
            ) from error

    def hand(self, version: Handed) -> None:
        """Put it. Raises HandingError for what dc43 does not take; what a store raises passes."""
        # dc43's file store makes a path of it.
        contract_id = check_contract_id(version.contract)
        try:
            document = read(version.text, where=version.path, validate=False).document
            model = OpenDataContractStandard.model_validate(json_like(document))
            self._store.put(model)
        except ValueError as error:
            said = refusal(error)
            hint = (
                "; set DC43_ODCS_REQUIRED to the version that the contracts follow, such as 3.2.0"
                if "apiVersion" in said
                else ""
            )
            raise HandingError(f"dc43 does not take {contract_id}: {said}{hint}") from error
        # A contract that is new to Collibra is made without a word for its status.
        adapter = getattr(self._store, "_adapter", None)
        if adapter is not None:
            adapter.update_status(contract_id, version.version, _APPROVED)

    def close(self) -> None:
        """Close the connections."""
        engine = getattr(self._store, "engine", None)
        if engine is not None:
            engine.dispose()
        adapter = getattr(self._store, "_adapter", None)
        if adapter is not None:
            adapter.close()


def _settings(place: str, name: str) -> ContractStoreConfig:
    """Read the settings; dc43 itself takes what it cannot read for a folder in this directory."""
    shown = one_line(place, 200)
    if not place and not os.environ.get(_TYPE):
        raise ConfigError(
            f"the hook {name!r} needs dc43's settings: write `dc43:FILE`, or set {_FILE}"
        )
    try:
        said = tomlkit.parse(Path(place).read_bytes()) if place else {}
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=shown) from error
    except (TOMLKitError, ValueError) as error:
        raise ConfigError(f"is no TOML: {one_line(str(error), 200)}", where=shown) from error
    section = said.get("contract_store")
    if not os.environ.get(_TYPE) and not (isinstance(section, dict) and section.get("type")):
        raise ConfigError("names no store: set `type` in [contract_store]", where=shown)
    config: ContractStoreConfig = load_config(place or None).contract_store
    if config.type == "filesystem" and not config.root:
        raise ConfigError(
            "names no folder: set `root` in [contract_store], or DC43_CONTRACT_STORE", where=shown
        )
    return config

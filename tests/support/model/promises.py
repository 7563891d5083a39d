"""What holds after every step of a random life."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import semver
from hypothesis.stateful import invariant
from support.git import git
from support.model.ground import CONTRACTS, HAPPENED
from support.model.people import People

from dc43_gitdraft import odcs, story
from dc43_gitdraft.catalog import config_at
from dc43_gitdraft.model import PullState


class Promises(People):
    """A life whose promises are looked at after every step."""

    @invariant()
    def the_promises_hold(self) -> None:
        HAPPENED["steps"] += 1
        self.a_contract_has_one_open_pull_request()
        refs = self.shop.refs()
        if refs == self.seen_refs:
            return
        self.seen_refs = refs
        self.pushed()
        self.the_base_branch_is_valid()
        self.promoted_versions_rise_and_never_change(refs)
        self.promoted_versions_say_where_they_came_from()
        self.no_commit_of_people_is_lost()
        self.what_was_thrown_away_does_not_come_back()

    def the_base_branch_is_valid(self) -> None:
        base = self.shop.desk.base_commit()
        config_at(self.shop.repo, base)
        for contract in CONTRACTS:
            there = self.held(base, contract)
            if there is not None:
                document = odcs.read(there[1]).document
                assert document["id"] == contract
                assert semver.Version.is_valid(document["version"])
                no_name_stands_twice(document["schema"])

    def promoted_versions_rise_and_never_change(self, refs: dict[str, str]) -> None:
        found: dict[tuple[str, str], str] = {}
        for ref, target in refs.items():
            if ref.startswith("refs/tags/"):
                contract, _, version = ref.removeprefix("refs/tags/").partition("/v")
                assert contract in CONTRACTS
                found[contract, version] = target
        for key, (tag, text) in self.known.tags.items():
            assert found.get(key) == tag, key
            assert self.at_tag(tag, *key) == text
        fresh = found.keys() - self.known.tags.keys()
        before = {contract: self.known.highest(contract) for contract in CONTRACTS}
        base = self.reachable("refs/heads/main") if fresh else set()
        for contract, version in fresh:
            key = contract, version
            text = self.at_tag(found[key], *key)
            document = odcs.read(text).document
            assert (document["id"], document["version"]) == key
            assert document["status"] not in {"draft", "proposed"}
            assert git(self.shop.path, "rev-parse", f"{found[key]}^{{commit}}") in base
            highest = before[contract]
            # One whose tag was deleted comes back; any other is a new one.
            if highest is not None and key not in self.known.untagged:
                assert semver.Version.parse(version) > highest, key
            self.known.tags[key] = (found[key], text)
            HAPPENED["versions promoted"] += 1

    def a_contract_has_one_open_pull_request(self) -> None:
        """And whoever edited it finds the edits in it, as long as it is open."""
        pulls = self.pulls(PullState.OPEN)
        heads = Counter(pull.head for pull in pulls)
        assert max(heads.values(), default=0) < 2, heads
        self.on_draft = {
            pull.number: self.on_draft[pull.number]
            for pull in pulls
            if pull.number in self.on_draft
        }
        for pull in pulls:
            contract = self.contract_of(pull)
            edits = self.on_draft.get(pull.number, set())
            assert not edits or edits <= self.reachable(pull.head_sha), pull
            there = self.held(pull.head_sha, contract)
            if there is not None:
                self.drafted.add((contract, str(odcs.read(there[1]).document["version"])))

    def no_commit_of_people_is_lost(self) -> None:
        assert self.commits <= self.reachable()

    def what_was_thrown_away_does_not_come_back(self) -> None:
        """With a draft that was made on it, or brought up to it."""
        if self.dropped:
            assert not self.dropped & self.reachable("refs/heads/main")

    def promoted_versions_say_where_they_came_from(self) -> None:
        # What told of them is gone with their tag and the commits that were thrown away.
        untold = self.by_hand | (self.known.untagged if self.rewritten else set())
        for contract in sorted({contract for contract, _ in self.known.tags}):
            history = story.history(self.desk, contract)
            versions = {each.version: each for each in history.versions}
            assert sorted(versions) == sorted(v for c, v in self.known.tags if c == contract)
            for version, each in versions.items():
                assert each.promoted_at is not None
                assert each.provenance is not None, (contract, version)
                assert each.provenance.draft_version == version
                if (contract, version) in self.drafted - untold:
                    assert each.provenance.dataset_id == f"table:{contract}", (contract, version)
                    assert each.provenance.digest in self.digests(contract), (contract, version)
                    HAPPENED["provenances traced"] += 1

    def digests(self, contract: str) -> set[str]:
        """Return the digests of all that jobs ever committed about a contract."""
        keys = ("Contract-Id", "Draft-Digest")
        said = "".join(f"%(trailers:key={key},valueonly)" for key in keys)
        listed = git(self.shop.path, "log", "--all", "--grep=^Draft-Digest", f"--format={said}")
        lines = listed.split("\n")
        return {digest for name, digest in itertools.pairwise(lines) if name == contract}

    def at_tag(self, tag: str, contract: str, version: str) -> str:
        commit = self.shop.repo.resolve(f"refs/tags/{contract}/v{version}^{{commit}}") or tag
        there = self.held(commit, contract)
        assert there is not None, (contract, version)
        return there[1]


def no_name_stands_twice(listed: Any) -> None:
    """Look at the names of schema objects, and of the properties of each."""
    names = Counter(each["name"] for each in listed)
    assert max(names.values(), default=0) < 2, names
    for each in listed:
        no_name_stands_twice(each.get("properties", []))

"""What people do in a random life: on the base branch, on drafts, and with pull requests."""

from __future__ import annotations

import copy
from typing import Any

import semver
from hypothesis import strategies as st
from support.git import git
from support.model.ground import (
    CONFIGS,
    CONTRACTS,
    FOLDERS,
    HAPPENED,
    METHODS,
    changed,
    contracts,
    path_of,
    picks,
    properties,
    step,
)
from support.model.jobs import Jobs
from support.shop import ANA, DISCOUNT_AND_TAX

from dc43_gitdraft import odcs
from dc43_gitdraft.model import Document, PullRequest, PullState
from dc43_gitdraft.repo import RefUpdate

#: What people add themselves: two that jobs see too, and one that none does.
ADDED = st.sampled_from(["discount", "tax", "channel"])
STATUSES = st.sampled_from(["active", "active", "deprecated", "proposed", "draft"])
COMMANDS = st.sampled_from(
    ["redraft", "redraft", "bump major", "bump patch", "relax required", "reject not ours"]
)


class PeopleOnTheBase(Jobs):
    """People who commit to the base branch, whatever drafts are open."""

    @step(contract=contracts)
    def comment_on_the_base(self, contract: str) -> bool:
        """The contract says the same, and its version stays."""
        there = self.on_base(contract)
        if there is None:
            return False
        path, text = there
        edited = text.rstrip("\n") + f"\n# {self.words_of_people()}\n"
        self.wrote("main", {path: edited}, "Note on the base")
        return True

    @step(contract=contracts, status=STATUSES)
    def release_by_hand(self, contract: str, status: str) -> bool:
        """A person's own next version, described and bumped, straight on the base branch."""
        files = self.released(contract, status)
        if files:
            self.wrote("main", files, "Release by hand")
        return bool(files)

    @step(status=STATUSES)
    def release_two_in_one_commit(self, status: str) -> bool:
        files = {**self.released(CONTRACTS[0], "active"), **self.released(CONTRACTS[1], status)}
        if files:
            self.wrote("main", files, "Release two")
        return len(files) == 2

    @step(
        contract=contracts,
        name=ADDED,
        other_type=st.booleans(),
        first=st.booleans(),
        released=st.booleans(),
    )
    def add_a_property(
        self, contract: str, name: str, other_type: bool, first: bool, released: bool
    ) -> bool:
        """Without `released` its version stays: somebody forgot it."""
        kind = DISCOUNT_AND_TAX.get(name, DISCOUNT_AND_TAX["note"])
        added = {"name": name, "logicalType": kind.logical, "physicalType": kind.physical}
        if other_type:
            added |= {"logicalType": "boolean", "physicalType": "boolean"}
        return self.added(contract, added, first, released)

    @step(at=picks, contract=contracts, first=st.booleans(), released=st.booleans())
    def add_what_a_draft_adds(self, at: int, contract: str, first: bool, released: bool) -> bool:
        """The very property that is proposed, at another place or at the same."""
        pull = self.open_draft(at, contract)
        there = self.on_branch(pull.head, self.contract_of(pull)) if pull else None
        if pull is None or there is None:
            return False
        last = properties(copy.deepcopy(odcs.read(there[1]).document))[-1]
        return self.added(self.contract_of(pull), last, first, released)

    def added(self, contract: str, added: dict[str, Any], first: bool, released: bool) -> bool:
        there = self.on_base(contract)
        if there is None:
            return False
        path, text = there

        def add(document: Document) -> None:
            listed = properties(document)
            if all(each["name"] != added["name"] for each in listed):
                listed.insert(0 if first else len(listed), added)

        edited = changed(text, add)
        if edited == text:
            return False
        if released:
            edited = self.next_version(contract, edited, "minor", "active")
        self.wrote("main", {path: edited}, f"Add {added['name']}")
        return True

    @step(contract=contracts, name=st.sampled_from(["note", "amount", "discount"]))
    def take_a_property_out(self, contract: str, name: str) -> bool:
        there = self.on_base(contract)
        if there is None:
            return False
        path, text = there

        def take(document: Document) -> None:
            listed = properties(document)
            listed[:] = [each for each in listed if each["name"] != name]

        edited = changed(text, take)
        if edited == text:
            return False
        edited = self.next_version(contract, edited, "major", "active")
        self.wrote("main", {path: edited}, f"Remove {name}")
        return True

    @step(contract=contracts)
    def move_the_file(self, contract: str) -> bool:
        there = self.on_base(contract)
        if there is None:
            return False
        path, text = there
        places = [path_of(contract, folder) for folder in FOLDERS]
        other = places[1 - places.index(path)]
        self.wrote("main", {path: None, other: text}, "Move")
        return True

    @step(contract=contracts)
    def remove_the_file(self, contract: str) -> bool:
        there = self.on_base(contract)
        if there is None:
            return False
        path, self.texts[contract] = there
        self.wrote("main", {path: None}, "Remove")
        return True

    @step(contract=contracts, folder=st.sampled_from(FOLDERS), higher=st.booleans())
    def write_the_file(self, contract: str, folder: str, higher: bool) -> bool:
        """Put a contract back, or write one of which there may be a first draft."""
        if self.on_base(contract) is not None:
            return False
        text = self.texts[contract]
        if higher:
            text = self.next_version(contract, text, "patch", "active")
        self.noted_by_hand(contract, text)
        self.wrote("main", {path_of(contract, folder): text}, "Write")
        return True

    @step(text=st.sampled_from(CONFIGS))
    def change_the_settings(self, text: str | None) -> bool:
        there = self.shop.repo.read(self.shop.desk.base_commit(), ".gitdraft.yaml")
        if text is None and there is None:
            return False
        self.wrote("main", {".gitdraft.yaml": text}, "Change the settings")
        return True

    @step(at=picks)
    def push_the_base_back(self, at: int) -> bool:
        """Somebody drops the newest commits of the base branch by force."""
        repo, ref = self.shop.repo, "refs/heads/main"
        base = self.shop.desk.base_commit()
        older = repo.log([base], first_parent=True, limit=5)[1:]
        if not older:
            return False
        repo.push([RefUpdate(ref, older[at % len(older)].sha, base)])
        self.base_was_rewritten(base)
        return True

    @step()
    def replace_the_base(self) -> None:
        """Somebody begins the base branch anew, with the same files and no history."""
        repo, base = self.shop.repo, self.shop.desk.base_commit()
        when = self.shop.desk.clock()
        made = repo.write_commit_tree(repo.tree(base), [], "Begin anew", ANA, when)
        repo.push([RefUpdate("refs/heads/main", made, base)])
        self.base_was_rewritten(base)

    def base_was_rewritten(self, before: str) -> None:
        self.pushed()
        self.rewritten = True
        # Whoever did it threw those away. What people wrote on drafts stays theirs.
        gone = self.reachable(before) - self.reachable("refs/heads/main")
        self.commits -= gone
        # On a branch that somebody put there, they are that person's, as anybody's commits are.
        ends = git(self.shop.path, "for-each-ref", "--format=%(objectname)", "refs/heads/gitdraft/")
        put_there = gone & set(ends.split())
        held = self.reachable(*put_there) if put_there else set()
        self.dropped |= (gone & self.on_main) - held

    def released(self, contract: str, status: str) -> dict[str, str | None]:
        there = self.on_base(contract)
        if there is None:
            return {}
        path, text = there
        described = {"purpose": self.words_of_people()}
        text = changed(text, lambda document: document.update(description=described))
        return {path: self.next_version(contract, text, "patch", status)}

    def next_version(self, contract: str, text: str, part: str, status: str) -> str:
        """Return a text as the next version after all that is promoted."""
        version = semver.Version.parse(str(odcs.read(text).document["version"]))
        newest = max(version, self.known.highest(contract) or version)
        said = {"version": str(newest.next_version(part)), "status": status}
        text = changed(text, lambda document: document.update(said))
        self.noted_by_hand(contract, text)
        return text

    def noted_by_hand(self, contract: str, text: str) -> None:
        self.by_hand.add((contract, str(odcs.read(text).document["version"])))


class PeopleOnDrafts(PeopleOnTheBase):
    """People who edit drafts."""

    @step(
        at=picks,
        contract=contracts,
        what=st.sampled_from(["comment", "describe", "take out", "rename", "move", "two"]),
    )
    def edit_a_draft(self, at: int, contract: str, what: str) -> bool:
        pull = self.open_draft(at, contract)
        there = self.on_branch(pull.head, self.contract_of(pull)) if pull else None
        if pull is None or there is None:
            return False
        path, text = there
        drafted = self.contract_of(pull)
        files: dict[str, str | None] = {path: f"# {self.words_of_people()}\n{text}"}
        if what == "move":
            places = [path_of(drafted, folder) for folder in FOLDERS]
            files = {path: None, places[1 - places.index(path)]: text}
        elif what == "two":
            other = next(each for each in CONTRACTS if each != drafted)
            found = self.on_branch(pull.head, other)
            if found:
                files[found[0]] = f"# {self.words_of_people()}\n{found[1]}"
        elif what != "comment":
            files = {path: changed(text, lambda document: self.edit(document, what))}
        self.on_draft.setdefault(pull.number, set()).add(self.wrote(pull.head, files, "Edit"))
        return True

    def edit(self, document: Document, what: str) -> None:
        last: dict[str, Any] = properties(document)[-1]
        if what == "describe":
            last["description"] = self.words_of_people()
        elif what == "rename":
            self.words += 1
            last["name"] = f"{last['name']}_{self.words}"
        elif len(properties(document)) > 1:
            properties(document).pop()

    @step(at=picks)
    def catch_up_a_draft(self, at: int) -> bool:
        """A person merges the base branch into a draft, where that needs no help."""
        pull = self.pick(PullState.OPEN, at)
        tip = self.shop.repo.resolve(f"refs/heads/{pull.head}") if pull else None
        if pull is None or tip is None:
            return False
        repo, base = self.shop.repo, self.shop.desk.base_commit()
        tree = self.merged_tree(tip, base)
        if tree is None or repo.is_ancestor(base, tip):
            return False
        there = [path_of(self.contract_of(pull), folder) for folder in FOLDERS]
        if all(repo.read(tree, path) for path in there):
            return False  # The check would be red.
        said, when = f"Merge branch 'main' into {pull.head}", self.shop.desk.clock()
        made = repo.write_commit_tree(tree, [tip, base], said, ANA, when)
        repo.push([RefUpdate(f"refs/heads/{pull.head}", made, tip)])
        self.pushed()
        return True

    @step(at=picks)
    def put_a_draft_back(self, at: int) -> bool:
        """Somebody puts the branch of a draft that nobody edited back onto the base branch."""
        pull = self.pick(PullState.OPEN, at)
        ref = f"refs/heads/{pull.head}" if pull else ""
        tip = self.shop.repo.resolve(ref) if pull else None
        if pull is None or tip is None or self.on_draft.get(pull.number):
            return False
        self.shop.repo.push([RefUpdate(ref, self.shop.desk.base_commit(), tip)])
        self.pushed()
        return True

    @step(at=picks, contract=contracts, words=COMMANDS)
    def ask_under_a_draft(self, at: int, contract: str, words: str) -> bool:
        pull = self.open_draft(at, contract)
        if pull is None:
            return False
        self.asked(pull.number, f"/gitdraft {words}")
        if self.desk.forge.get(pull.number).state is PullState.CLOSED:
            self.noted_rejected(pull)
        return True

    def noted_rejected(self, pull: PullRequest) -> None:
        digest = self.digest_of(pull)
        if digest:
            HAPPENED["drifts rejected"] += 1
            self.rejected.add((self.contract_of(pull), digest))


class People(PeopleOnDrafts):
    """People who decide, and who delete what they should not."""

    @step(at=picks, contract=contracts, method=METHODS, between=st.booleans())
    def merge(self, at: int, contract: str, method: str, between: bool) -> bool:
        pull = self.open_draft(at, contract)
        if pull is None:
            return False
        if between:
            self.wrote("main", {"README.md": self.words_of_people()}, "Say more")
        self.merged(self.desk, pull.number, method)
        return True

    @step(at=picks, contract=contracts, method=METHODS, between=st.booleans())
    def merge_unseen(self, at: int, contract: str, method: str, between: bool) -> bool:
        """No rehearsal, and no promotion until somebody runs it; only the check is green."""
        pull = self.open_draft(at, contract)
        if pull is None or not self.passes(pull):
            return False
        if between:
            self.wrote("main", {"README.md": self.words_of_people()}, "Say more")
        self.merged_unseen(pull, method)
        return True

    @step(at=picks, contract=contracts)
    def reject(self, at: int, contract: str) -> bool:
        pull = self.open_draft(at, contract)
        if pull is None:
            return False
        if self.closed(pull.number):
            assert self.desk.forge.get(pull.number).state is PullState.CLOSED
            self.noted_rejected(pull)
        return True

    @step(at=picks)
    def reopen(self, at: int) -> bool:
        pull = self.pick(PullState.CLOSED, at)
        if pull is None:
            return False
        if self.opened_again(pull.number):
            HAPPENED["pull requests reopened"] += 1
            self.rejected.discard((self.contract_of(pull), self.digest_of(pull) or ""))
        return True

    @step(at=picks)
    def delete_a_branch(self, at: int) -> bool:
        found = sorted(ref for ref in self.shop.refs() if ref.startswith("refs/heads/gitdraft/"))
        if not found:
            return False
        ref = found[at % len(found)]
        self.shop.repo.push([RefUpdate(ref, None, self.shop.refs()[ref])])
        self.pushed()
        # Their owner threw them away, unless the pull request's record has them.
        self.commits &= self.reachable()
        for pull in self.pulls(PullState.OPEN):
            if ref.endswith(f"/{pull.head}"):
                self.on_draft.pop(pull.number, None)
        return True

    @step(at=picks)
    def delete_a_tag(self, at: int) -> bool:
        found = sorted(self.known.tags)
        if not found:
            return False
        contract, version = found[at % len(found)]
        ref = f"refs/tags/{contract}/v{version}"
        self.shop.repo.push([RefUpdate(ref, None, self.shop.refs()[ref])])
        self.pushed()
        del self.known.tags[contract, version]
        self.known.untagged.add((contract, version))
        return True

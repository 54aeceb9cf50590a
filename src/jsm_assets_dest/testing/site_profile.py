"""The responses of one site: the result of the probe, and the input of an emulator that responds the same way."""

from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import attrs
from attrs import field, frozen

from .world.doubts import Doubts
from .world.entities import short_repr

VERSION = 1

QUESTIONS = {
    1: "Does the account header come on JSM and permission responses, and in which form?",
    2: "Which base URLs of Assets accept a classic API token?",
    3: "Which fields and types do lists, types, attributes, statuses, and searches have?",
    4: "Are ids strings or numbers?",
    5: "Is an unknown schema, a schema without a role, an unknown workspace 403 or 404?",
    6: "In which language are errors of Assets, and do the language headers change it?",
    7: "What happens when a mapping is sent twice?",
    8: "Can the links of an execution be used, and when does a new token work?",
    9: "What happens to a repeated chunk, and to a chunk after the last one?",
    10: "What does a second start return, which states follow, and how long does an execution stay open?",
}


@frozen(kw_only=True)
class SiteProfile:
    """The responses of one site: statuses, forms and types, never contents, ids, names or secrets.

    `python -m jsm_assets_dest.testing.probe` writes it as JSON; `Emulator(profile=…)` responds accordingly.

    Args:
        switches: the readings of `Doubts` that the responses of the site settled.
        questions: the verdicts on the open questions, by number and question group.
        not_asked: why a switch, or a question such as "question 7", was not settled.
        responses: header names and forms, field names and types, by operation and status.
        asked: the question groups that were asked.
        requests: the number of requests of all runs.
        probed: the day of the newest run, such as "2026-11-28".
    """

    __module__ = "jsm_assets_dest.testing"
    __repr__ = short_repr

    switches: dict[str, bool | int | float | str] = field(factory=dict)
    questions: dict[int, dict[str, str]] = field(factory=dict, repr=False)
    not_asked: dict[str, str] = field(factory=dict, repr=False)
    responses: dict[str, dict[str, object]] = field(factory=dict, repr=False)
    asked: tuple[str, ...] = ()
    requests: int = 0
    probed: str = ""

    def __attrs_post_init__(self) -> None:
        unknown = set(self.switches) - {switch.name for switch in attrs.fields(Doubts)}
        if unknown:
            raise ValueError(f"switches has unknown names: {', '.join(sorted(unknown))}")
        Doubts(**dict(self.switches))  # type: ignore[arg-type]  # checked by the validators of `Doubts`

    @property
    def doubts(self) -> Doubts:
        """The switches of an emulator that responds like the site; the default where the probe settled nothing."""
        return Doubts(**dict(self.switches))  # type: ignore[arg-type]  # checked by the validators of `Doubts`

    @property
    def differences(self) -> dict[str, tuple[Any, Any]]:
        """The emulator's default and the reading of the site, for the switches in which they differ."""
        defaults = attrs.asdict(Doubts())
        return {
            name: (defaults[name], value) for name, value in self.switches.items() if value != defaults[name]
        }

    def updated(self, newer: SiteProfile) -> SiteProfile:
        """Return both profiles as one. What the newer one settled takes precedence."""
        switches = {**self.switches, **newer.switches}
        questions = {
            number: {**self.questions.get(number, {}), **newer.questions.get(number, {})}
            for number in sorted({*self.questions, *newer.questions})
        }
        settled = {*switches, *(f"question {number}" for number in questions)}
        not_asked = {**self.not_asked, **newer.not_asked}
        return SiteProfile(
            switches=switches,
            questions=questions,
            not_asked={name: reason for name, reason in not_asked.items() if name not in settled},
            responses={**self.responses, **newer.responses},
            asked=tuple(dict.fromkeys((*self.asked, *newer.asked))),
            requests=self.requests + newer.requests,
            probed=newer.probed or self.probed,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the profile as JSON values."""
        return {
            "version": VERSION,
            "probed": self.probed,
            "requests": self.requests,
            "asked": list(self.asked),
            "questions": {str(number): dict(verdicts) for number, verdicts in self.questions.items()},
            "switches": dict(self.switches),
            "not_asked": dict(self.not_asked),
            "responses": {name: dict(shape) for name, shape in self.responses.items()},
        }

    @classmethod
    def from_dict(cls, document: object) -> Self:
        """Create a profile from `to_dict`.

        Raises:
            ValueError: it is not a profile, or one of another version, or it has an unknown switch or reading.
        """
        if not isinstance(document, Mapping) or document.get("version") != VERSION:
            raise ValueError(f"this is not a site profile of version {VERSION}")
        try:
            return cls(
                switches=dict(document["switches"]),
                questions={int(number): dict(verdicts) for number, verdicts in document["questions"].items()},
                not_asked=dict(document["not_asked"]),
                responses=dict(document["responses"]),
                asked=tuple(document["asked"]),
                requests=int(document["requests"]),
                probed=str(document["probed"]),
            )
        except (KeyError, TypeError, AttributeError) as problem:
            raise ValueError(f"the site profile is incomplete: {problem}") from None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the profile as JSON. The file is replaced only once the new one is complete."""
        target = Path(path)
        draft = target.with_name(target.name + ".new")
        draft.write_text(json.dumps(self.to_dict(), indent=2) + "\n", encoding="utf-8")
        draft.replace(target)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a profile from a JSON file.

        Raises:
            ValueError: the file does not contain a profile.
        """
        try:
            document = json.loads(Path(path).read_text("utf-8"))
        except json.JSONDecodeError as problem:
            raise ValueError(f"{path} is not JSON: {problem}") from None
        return cls.from_dict(document)

    def __str__(self) -> str:
        lines = ["Questions", *self._question_lines(), "", *self._difference_lines()]
        reasons: dict[str, list[str]] = {}
        for name, reason in sorted(self.not_asked.items(), key=lambda item: item[0].startswith("question")):
            if not name.startswith("question"):
                reasons.setdefault(reason, []).append(name)
        if reasons:
            lines += ["", f"Switches not asked: {sum(map(len, reasons.values()))}"]
            for reason, names in reasons.items():
                indent = " " * 4
                wrapped = textwrap.wrap(
                    ", ".join(names), 114, initial_indent=indent, subsequent_indent=indent
                )
                lines += [f"  {reason}", *wrapped]
        return "\n".join(lines)

    def _question_lines(self) -> list[str]:
        lines = []
        for number, text in QUESTIONS.items():
            reason = self.not_asked.get(f"question {number}", "the probe did not get that far")
            verdicts = self.questions.get(number, {}).values()
            lines += [f"  {number:2}. {text}", f"      {'; '.join(verdicts) or f'not asked: {reason}'}"]
        return lines

    def _difference_lines(self) -> list[str]:
        differences = self.differences
        settled = f"{len(self.switches)} switches of Doubts were settled."
        if not differences:
            return [f"{settled} The emulator's default agrees with this site in all of them."]
        lines = [f"{settled} The emulator's default differs from this site in {len(differences)}:"]
        width = max(map(len, differences))
        lines += [
            f"  {name:{width}}  default {default!r}, this site {value!r}"
            for name, (default, value) in differences.items()
        ]
        return lines

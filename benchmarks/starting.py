"""P1, P2: importing the library, the way from the start of a process to the first answer, and to the end of an import.

Processes see nothing but the standard library, the library and its dependencies: what else is installed here would
change what httpx itself imports.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import jsm_assets_dest

from . import loops, server
from .measuring import Measured, Rounds, take_turns
from .records import model, users
from .stage import ACCOUNT, Stage

DEPENDENCIES = "import httpx, attrs, tenacity, typing_extensions"
LIBRARY = "import jsm_assets_dest"
#: What a program does first: the names it works with.
NAMES = "from jsm_assets_dest import ApiToken, Connection, SchemaModel"

_TIMED = """
import sys, time
sys.path.insert(0, {path!r})
before = len(sys.modules)
started = time.perf_counter()
{statement}
print(time.perf_counter() - started, len(sys.modules) - before)
"""

_FIRST_ANSWER_HTTPX = """
import sys
sys.path.insert(0, {path!r})
import httpx
with httpx.Client(trust_env=False, auth=({email!r}, {token!r})) as client:
    print(client.get({url!r} + {page!r}).json()["values"][0]["name"])
"""

_FIRST_ANSWER = """
import sys
sys.path.insert(0, {path!r})
from jsm_assets_dest import ApiToken, Connection
site = Connection.external_site(
    {url!r}, ApiToken({email!r}, {token!r}), workspace_id={workspace!r}, gateway={url!r}, trust_env=False
)
with site as connection:
    print(connection.object_schemas()[0].name)
"""

_IMPORT_HTTPX = """
import sys
sys.path.insert(0, {path!r})
import itertools, json, httpx
from concurrent.futures import ThreadPoolExecutor
with open({records!r}, encoding="utf-8") as lines, httpx.Client(trust_env=False, headers={headers!r}) as client:
    links = client.get({url!r} + {info!r}).json()["links"]
    links = client.post(links["start"]).json()["links"]
    def send(number):
        body = json.dumps({{"clientGeneratedId": f"run-{{number}}", "data": {{"users": chunks[number]}}}})
        client.post(links["submitResults"], content=body).raise_for_status()
    records = map(json.loads, lines)
    chunks = list(iter(lambda: list(itertools.islice(records, 500)), []))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(len(chunks))))
    client.post(links["submitResults"], json={{"completed": True}}).raise_for_status()
    while client.get(links["getExecutionStatus"]).json()["status"] != "DONE":
        pass
    print(True)
"""

_IMPORT = """
import sys
sys.path.insert(0, {path!r})
import json
from jsm_assets_dest import ApiToken, Connection, SchemaModel
site = Connection.external_site(
    {url!r}, ApiToken({email!r}, {token!r}), workspace_id={workspace!r}, gateway={url!r}, trust_env=False
)
with site as connection, open({records!r}, encoding="utf-8") as lines, open({model!r}, encoding="utf-8") as model:
    model = SchemaModel.from_dict(json.load(model))
    token = connection.import_token({import_token!r})
    result = token.import_records({{"users": map(json.loads, lines)}}, model=model, missing_objects="ignore")
    print(result.confirmed)
"""

#: People that a process imports, and the latencies of the service in seconds.
PEOPLE, LATENCIES = 5_000, (0.0, 0.1)


def clean_folder(folder: Path) -> Path:
    """Create a folder that links only to the library and its dependencies."""
    place = folder / "clean"
    place.mkdir()
    waiting, seen = ["httpx", "attrs", "tenacity", "typing-extensions"], set[str]()
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        distribution = importlib.metadata.distribution(name)
        waiting += [
            re.split(r"[\s;<>=!~\[(]", line, maxsplit=1)[0]
            for line in distribution.requires or ()
            if "extra ==" not in line and not _only_for_older(line)
        ]
        tops = {
            Path(str(file)).parts[0] for file in distribution.files or () if ".." not in Path(str(file)).parts
        }
        for top in tops:
            target = Path(str(distribution.locate_file(top)))
            if target.exists() and not (place / top).exists():
                (place / top).symlink_to(target)
    (place / "jsm_assets_dest").symlink_to(Path(jsm_assets_dest.__file__).parent)
    own = importlib.metadata.distribution("jsm-assets-dest")
    metadata = Path(str(own.locate_file(f"jsm_assets_dest-{own.version}.dist-info")))
    (place / metadata.name).symlink_to(metadata)
    return place


def _only_for_older(line: str) -> bool:
    limit = re.search(r"python_version\s*<\s*['\"]3\.(\d+)", line)
    return limit is not None and sys.version_info[:2] >= (3, int(limit[1]))


def _child(code: str) -> str:
    # -I and -S keep the environment and site-packages out; the folder is put in by the code itself.
    response = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": os.environ.get("PATH", "")},
    )
    return response.stdout


def _timed_import(place: Path, statement: str) -> float:
    return float(_child(_TIMED.format(path=str(place), statement=statement)).split()[0])


def _modules(place: Path, statement: str) -> int:
    return int(_child(_TIMED.format(path=str(place), statement=statement)).split()[1])


def run(stage: Stage) -> Sequence[Measured]:
    """Measure."""
    place = clean_folder(stage.folder)
    seconds = 1.5 if stage.quick else 10.0
    statements = {"httpx": "import httpx", "dependencies": DEPENDENCIES, "library": LIBRARY, "names": NAMES}
    imports = take_turns(
        {name: partial(_timed_import, place, text) for name, text in statements.items()},
        rounds=stage.choose(40, 3),
        seconds=seconds,
        least=2,
    )
    values: dict[str, object] = {
        "path": str(place),
        "url": stage.server.url,
        "page": f"/jsm/assets/workspace/{server.WORKSPACE}/v1/objectschema/list",
        "workspace": server.WORKSPACE,
        "email": ACCOUNT.email,
        "token": ACCOUNT.token.reveal(),
    }
    starts = take_turns(
        {
            "httpx": lambda: _first_answer(_FIRST_ANSWER_HTTPX.format(**values)),
            "library": lambda: _first_answer(_FIRST_ANSWER.format(**values)),
        },
        rounds=stage.choose(40, 12),
        seconds=seconds,
    )
    whole = [] if stage.quick else _whole_imports(stage, values)
    needed, library = _modules(place, DEPENDENCIES), _modules(place, LIBRARY)
    with_names = _modules(place, NAMES)
    return [
        Measured.of(
            "P1", "import jsm_assets_dest / the four dependencies", imports.ratios("library", "dependencies")
        ),
        Measured.of("P1b", "import jsm_assets_dest / import httpx", imports.ratios("library", "httpx")),
        Measured.exactly(
            "P1c",
            "modules added beyond those of the dependencies",
            max(library, with_names) - needed,
            "modules",
            f"the library alone {library}, with Connection, ApiToken and SchemaModel {with_names}, the dependencies {needed}",
        ),
        Measured.of(
            "",
            "import Connection, ApiToken, SchemaModel / import httpx",
            imports.ratios("names", "httpx"),
            note=_milliseconds(imports, "names"),
        ),
        Measured.of(
            "P2",
            "process start to first answer / httpx",
            starts.ratios("library", "httpx"),
            note=f"{_milliseconds(starts, 'library')} against {_milliseconds(starts, 'httpx')}",
        ),
        *whole,
    ]


def _whole_imports(stage: Stage, values: dict[str, object]) -> list[Measured]:
    """Compare processes that import from a file: a script with httpx, and one with the library."""
    people, schema_model = stage.folder / "people.jsonl", stage.folder / "model.json"
    people.write_text("".join(f"{json.dumps(record)}\n" for record in users(PEOPLE)), encoding="utf-8")
    schema_model.write_text(json.dumps(model().to_dict()), encoding="utf-8")
    values = {
        **values,
        "records": str(people),
        "model": str(schema_model),
        "headers": loops.HEADERS,
        "import_token": loops.TOKEN,
        "info": server.INFO,
    }
    codes = {"httpx": _IMPORT_HTTPX.format(**values), "library": _IMPORT.format(**values)}
    results: list[Measured] = []
    for latency in LATENCIES:
        stage.server.behave(latency=latency, everywhere=True)
        rounds = take_turns(
            {name: partial(_imported, code) for name, code in codes.items()}, rounds=9, seconds=8.0, least=3
        )
        what = (
            f"a new process imports {PEOPLE:,} people at {latency * 1000:.0f} ms, library / script with httpx"
        )
        note = f"{_milliseconds(rounds, 'library')} against {_milliseconds(rounds, 'httpx')}"
        results.append(Measured.of("", what, rounds.ratios("library", "httpx"), note=note))
    stage.server.behave()
    return results


def _imported(code: str) -> None:
    if _child(code).strip() != "True":
        raise RuntimeError(code)


def _milliseconds(rounds: Rounds, name: str) -> str:
    return f"{rounds.median(name) * 1000:.0f} ms"


def _first_answer(code: str) -> None:
    if _child(code).strip() != "Okta":
        raise RuntimeError(json.dumps(code))

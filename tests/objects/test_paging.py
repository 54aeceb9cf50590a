"""Reading a list that changes, or that the service describes incorrectly."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from attrs import define, field

from jsm_assets_dest import AssetsObject
from jsm_assets_dest._operations.object_selection import Selection
from jsm_assets_dest._operations.objects import IdSet, ObjectReading
from jsm_assets_dest._wire.request import Request
from jsm_assets_dest._wire.response import Response
from jsm_assets_dest.exceptions import IncompleteListError, MalformedAnswerError
from tests.access.conversation import Service

#: Changes a page before it is sent.
Change = Callable[[dict[str, Any]], dict[str, Any]]


def asset(number: int) -> dict[str, Any]:
    kind = {"id": "5", "name": "People"}
    return {"id": str(number), "objectKey": f"OKT-{number}", "label": f"Person {number}", "objectType": kind}


@define
class ListService(Service):
    """A service with one list of objects.

    Attributes:
        numbers: IDs of the objects, in the order of the list.
        counted: Response to a count; None for the true number.
        change: Changes each page.
        before: Called before each page with the number of pages so far; may change `numbers`.
    """

    numbers: list[int] = field(factory=list, kw_only=True)
    counted: object = field(default=None, kw_only=True)
    change: Change = field(default=lambda page: page, kw_only=True)
    before: Callable[[int], object] = field(default=lambda number: None, kw_only=True)
    starts: list[int] = field(factory=list, init=False)

    def response(self, request: Request) -> Response:
        self.sent.append(request)
        if request.operation == "count objects":
            return json_response({"totalCount": len(self.numbers)} if self.counted is None else self.counted)
        assert request.operation == "search objects"
        self.before(len(self.starts))
        query = parse_qs(urlsplit(request.url).query)
        start, size = int(query["startAt"][0]), int(query["maxResults"][0])
        self.starts.append(start)
        numbers = self.numbers[start : start + size]
        page = {
            "startAt": start,
            "maxResults": size,
            "isLast": start + size >= len(self.numbers),
            "values": [asset(number) for number in numbers],
        }
        return json_response(self.change(page))


def json_response(value: object) -> Response:
    return Response(200, {"content-type": "application/json"}, json.dumps(value).encode())


def read(service: ListService, size: int = 10, order: str = "", *, grows: bool = False) -> list[int]:
    site = service.site(workspace_id="w", cloud_id="c")
    selection = Selection(schema_id="1", schema_key="OKT", order=order)
    reading = ObjectReading(site=site, selection=selection, size=size, grows=grows)

    def objects() -> Iterator[AssetsObject]:
        while page := service.run(reading.next_page()):
            yield from page

    numbers = [int(item.id) for item in objects()]
    assert service.run(reading.next_page()) == []
    return numbers


def numbers(count: int) -> list[int]:
    return list(range(1, count + 1))


@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 11, 19, 20, 21, 95])
@pytest.mark.parametrize("size", [1, 2, 10, 500])
def test_every_object_is_read_once(count: int, size: int) -> None:
    assert read(ListService({}, numbers=numbers(count)), size) == numbers(count)


def test_pages_overlap_by_one_and_never_exceed_500() -> None:
    service = ListService({}, numbers=numbers(1200))

    assert read(service, 500) == numbers(1200)
    assert service.starts == [0, 499, 998]
    assert all("maxResults=500&" in request.url for request in service.sent if "aql?" in request.url)


@pytest.mark.parametrize(
    ("characters", "starts"),
    [
        (10, [0, 99, 598, 1_097]),
        (8_000, [0, 99, 357, 615, 873, 1_131]),
        (100_000, [0, 99, 199, 299]),
    ],
)
def test_growing_pages_have_about_two_megabytes(characters: int, starts: list[int]) -> None:
    """A size of 100 is never reduced, and none is above 500."""
    count = 350 if characters == 100_000 else 1_200

    def widen(page: dict[str, Any]) -> dict[str, Any]:
        return {**page, "values": [{**value, "x": "x" * characters} for value in page["values"]]}

    service = ListService({}, numbers=numbers(count), change=widen)

    assert read(service, 100, grows=True) == numbers(count)
    assert service.starts == starts


def test_complete_list_takes_one_request_per_page_and_one_count() -> None:
    service = ListService({}, numbers=numbers(30))

    read(service, 10)

    assert service.operations == ["search objects"] * 3 + ["count objects"]


def test_objects_that_disappear_hide_no_others() -> None:
    """20 objects that were read are deleted, so the unread ones move up by 20 rows."""
    service = ListService({}, numbers=numbers(100))

    def delete(page: int) -> None:
        if page == 4:
            del service.numbers[5:25]

    service.before = delete

    assert read(service) == numbers(100)


def test_deleting_all_objects_that_were_read_hides_no_others() -> None:
    service = ListService({}, numbers=numbers(1000))

    def delete(page: int) -> None:
        if page == 60:
            del service.numbers[:550]

    service.before = delete

    assert read(service) == numbers(1000)
    assert len(service.starts) < 60 + 10 + 100


def test_deleting_one_object_before_every_page_hides_no_others() -> None:
    service = ListService({}, numbers=numbers(200))
    service.before = lambda page: service.numbers.pop(0) if page else None

    assert read(service) == numbers(200)


def test_deleted_end_of_the_list_ends_the_reading() -> None:
    service = ListService({}, numbers=numbers(100))

    def delete(page: int) -> None:
        if page == 5:
            del service.numbers[20:]

    service.before = delete

    assert read(service) == numbers(50)


def test_objects_that_appear_at_the_end_are_read() -> None:
    service = ListService({}, numbers=numbers(50))

    def create(page: int) -> None:
        if page == 3:
            service.numbers += range(51, 81)

    service.before = create

    assert read(service) == numbers(80)


def test_objects_that_appear_before_the_position_are_read() -> None:
    """Keys may be ordered as strings: then OKT-100 comes before OKT-11. A second pass reads it."""
    service = ListService({}, numbers=list(range(11, 61)))

    def create(page: int) -> None:
        if page == 3:
            service.numbers.insert(1, 100)

    service.before = create

    assert sorted(read(service)) == [*range(11, 61), 100]


def test_last_page_that_is_not_the_last_one_is_ignored() -> None:
    """JSDCLOUD-16556: `isLast` is true although more objects exist."""
    service = ListService({}, numbers=numbers(50), change=lambda page: {**page, "isLast": True})

    assert read(service) == numbers(50)
    assert service.operations.count("count objects") == 2


@pytest.mark.parametrize("last", [None, "true", "false"])
def test_missing_or_textual_is_last_is_accepted(last: str | None) -> None:
    def change(page: dict[str, Any]) -> dict[str, Any]:
        text = None if last is None else str(page["isLast"]).lower()
        return {**page, "isLast": text}

    assert read(ListService({}, numbers=numbers(25), change=change)) == numbers(25)


def test_short_pages_are_not_the_end() -> None:
    def change(page: dict[str, Any]) -> dict[str, Any]:
        return {**page, "values": page["values"][:7]}

    service = ListService({}, numbers=numbers(40), change=change)

    assert read(service) == numbers(40)


def test_count_that_stays_larger_is_an_error() -> None:
    service = ListService({}, numbers=numbers(15), counted={"totalCount": "16"})

    with pytest.raises(IncompleteListError, match="Assets counts 16 objects, but returned 15") as caught:
        read(service)

    assert (caught.value.read_count, caught.value.expected_count) == (15, 16)
    assert caught.value.retryable


def test_list_without_rows_after_a_limit_is_an_error() -> None:
    def change(page: dict[str, Any]) -> dict[str, Any]:
        return page if page["startAt"] < 30 else {**page, "values": [], "isLast": True}

    with pytest.raises(IncompleteListError):
        read(ListService({}, numbers=numbers(100), change=change))


def test_page_of_another_position_is_an_error() -> None:
    with pytest.raises(IncompleteListError, match="Assets returned the objects from 0 instead of 9"):
        read(ListService({}, numbers=numbers(20), change=lambda page: {**page, "startAt": 0}))


def test_page_without_a_position_is_accepted() -> None:
    def change(page: dict[str, Any]) -> dict[str, Any]:
        del page["startAt"]
        return page

    assert read(ListService({}, numbers=numbers(20), change=change)) == numbers(20)


def test_ignored_position_is_an_error() -> None:
    first = [asset(number) for number in numbers(10)]

    with pytest.raises(IncompleteListError, match="the same page twice"):
        read(ListService({}, numbers=numbers(20), change=lambda page: {**page, "values": first}))


def test_list_that_never_has_the_same_order_is_an_error() -> None:
    service = ListService({}, numbers=numbers(40))
    service.before = lambda page: service.numbers.reverse()

    with pytest.raises(IncompleteListError, match="in another order each time"):
        read(service)


def test_order_of_the_caller_replaces_the_order_by_key() -> None:
    service = ListService({}, numbers=[3, 1, 2])

    assert read(service, order="Name DESC") == [3, 1, 2]
    assert service.sent[0].body == b'{"qlQuery":"objectSchemaId = 1 ORDER BY Name DESC"}'
    assert service.sent[1].body == b'{"qlQuery":"objectSchemaId = 1"}'


def test_id_that_is_not_a_number_is_an_error() -> None:
    def change(page: dict[str, Any]) -> dict[str, Any]:
        return {**page, "values": [{**asset(1), "id": "one"}]}

    with pytest.raises(MalformedAnswerError, match="The ID of an object is not a number"):
        read(ListService({}, numbers=[1], change=change))


@pytest.mark.parametrize("body", [{}, {"totalCount": None}, {"totalCount": "many"}])
def test_count_without_a_number_is_an_error(body: dict[str, object]) -> None:
    """It must never be read as "there are none"."""
    service = ListService({}, numbers=[], counted=body)

    with pytest.raises(MalformedAnswerError):
        read(service)


def test_id_set_counts_each_id_once() -> None:
    ids = IdSet()

    assert [ids.add(number) for number in (0, 511, 512, 511, 10**12, 0)] == [
        True,
        True,
        True,
        False,
        True,
        False,
    ]
    assert len(ids) == 4
    assert 511 in ids
    assert 513 not in ids

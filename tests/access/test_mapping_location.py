"""Address of a mapping's progress: the Location of the response, as an address or a path, on the gateway only."""

from __future__ import annotations

import pytest

from jsm_assets_dest._secret import Secret
from jsm_assets_dest._wire.import_requests import mapping_progress
from jsm_assets_dest.exceptions import UnsafeLinkError

GATEWAY = "https://api.atlassian.com"
PATH = "/jsm/assets/workspace/w/v1/importsource/i/mapping/progress/7"


@pytest.mark.parametrize("location", [PATH, GATEWAY + PATH])
def test_location_on_the_gateway_is_followed(location: str) -> None:
    assert mapping_progress(location, GATEWAY, Secret("Bearer token")).url == GATEWAY + PATH


@pytest.mark.parametrize("location", ["//evil.example/7", "https://evil.example/7", "7", "/\\evil.example/7"])
def test_location_anywhere_else_is_not(location: str) -> None:
    with pytest.raises(UnsafeLinkError):
        mapping_progress(location, GATEWAY, Secret("Bearer token"))

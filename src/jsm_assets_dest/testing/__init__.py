"""Emulator of a site with Jira, Jira Service Management, and Assets, for tests.

```python
from jsm_assets_dest.testing import Emulator

with Emulator() as emulator, emulator.connect() as connection:
    connection.check().raise_for_problems()
```

Apart from its client side, it shares no code with the SDK. So a wrong assumption about the service would have to be made
twice to remain unnoticed.
"""

from __future__ import annotations

from .emulator import Emulator
from .faults import Faults, UnusedFaultsError
from .handles import SeededObject, SeededSchema, SeededType
from .http.access import RateLimit
from .http.exchange import ReceivedRequest
from .http.fault import Fault
from .import_handles import SeededExecution, SeededImportSource
from .site_profile import SiteProfile
from .world.clock import EmulatorClock
from .world.doubts import Doubts
from .world.entities import Account

__all__ = [
    "Account",
    "Doubts",
    "Emulator",
    "EmulatorClock",
    "Fault",
    "Faults",
    "RateLimit",
    "ReceivedRequest",
    "SeededExecution",
    "SeededImportSource",
    "SeededObject",
    "SeededSchema",
    "SeededType",
    "SiteProfile",
    "UnusedFaultsError",
]


def __dir__() -> list[str]:
    """List the public names."""
    return __all__

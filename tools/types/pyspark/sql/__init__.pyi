from typing import Any

class Row(tuple[Any, ...]):
    def asDict(self, recursive: bool = ...) -> dict[str, Any]: ...  # noqa: N802  # the name in Spark

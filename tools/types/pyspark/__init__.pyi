# The part of the types of pyspark that jsm_assets_dest.spark uses, for the check of the public types in noxfile.py.
class TaskContext:
    @classmethod
    def get(cls) -> TaskContext | None: ...
    def partitionId(self) -> int: ...  # noqa: N802  # the name in Spark

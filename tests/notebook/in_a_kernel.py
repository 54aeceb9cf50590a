"""Run a notebook in a Jupyter kernel: `python in_a_kernel.py NOTEBOOK TARGET FOLDER`.

It is a separate process, because the libraries of Jupyter leave sockets to the garbage collector. The kernel uses sockets in
the folder, and no ports. A cell that needs a missing library keeps its saved outputs.
"""

from __future__ import annotations

import sys
from copy import deepcopy

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from tools.run_notebook import can_run


def main(source: str, target: str, folder: str) -> None:
    """Run the notebook without its outputs, and write it with the new ones."""
    notebook = nbformat.read(source, as_version=4)  # type: ignore[no-untyped-call]
    skipped = {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if not can_run(cell):
            skipped[cell.id] = deepcopy(cell)
            cell.source = "pass"
        cell.outputs, cell.execution_count = [], None
    manager = AsyncKernelManager(transport="ipc", ip=f"{folder}/k")
    NotebookClient(notebook, km=manager, timeout=120).execute(cwd=folder)
    notebook.cells = [skipped.get(cell.id, cell) for cell in notebook.cells]
    nbformat.write(notebook, target)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main(*sys.argv[1:])

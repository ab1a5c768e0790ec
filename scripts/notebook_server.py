"""Starts JupyterLab in a third of its usual time; arguments as for `jupyter lab`.

Where JupyterLab is not installed it starts Jupyter Notebook; arguments as for `jupyter notebook`.

Two things that JupyterLab does at every start cost more than all the rest, and a served notebook needs neither:
jsonschema builds a grammar for internationalized resource identifiers (0.9 s), and JupyterLab asks Node.js for
the configuration of its package manager (0.3 s). Both are optional for their users, which go on without them.
"""

import gc
import os
import pathlib
import sys
import tempfile


def load():
    """Imports the server's start function without the two detours."""
    gc.disable()  # Importing makes no garbage worth looking for.
    sys.modules["rfc3987_syntax"] = None  # Importing it now fails, as if it were not installed.
    path = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = "/nonexistent"  # Without a PATH there is no Node.js to ask.
    try:
        from jupyterlab.labapp import main
    except ModuleNotFoundError:
        from notebook.notebookapp import main
    finally:
        os.environ["PATH"] = path
    gc.freeze()
    gc.enable()
    return main


def main():
    # Connection files and sockets of kernels stay out of the home, which is exported when a course ends.
    if "JUPYTER_RUNTIME_DIR" not in os.environ:
        os.environ["JUPYTER_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="jupyter-")
    # What stands beside this file, which -I leaves out.
    sys.path.append(str(pathlib.Path(__file__).parent))
    return load()()


if __name__ == "__main__":
    sys.exit(main())

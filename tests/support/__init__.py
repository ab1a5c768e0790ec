"""What the functional tests stand on: a real Carrel, people who use it, and Jupyter kernels."""

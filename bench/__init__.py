"""Benchmarks, each against its peer in the same run: python -m bench. README.md says what is measured."""

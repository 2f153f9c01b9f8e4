"""A model of how many machines a load needs, by the figures of docs/performance.md: docs/scaling.md explains it."""

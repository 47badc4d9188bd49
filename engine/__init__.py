"""Signalbox's engine: durable runs of agent workflows on this PC. Headless; imports point down only (DESIGN §3)."""

__version__ = "0.1.0"

"""Readers of the journal for people: what a run did, and why. They decide nothing."""

"""Runs on screen: steps, attempts and reasons of one run, its timeline and replay, and the list of all runs."""

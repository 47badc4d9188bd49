"""Checks: what is wrong with a workflow before it runs, here or anywhere."""

from engine.checks.problem import ANYWHERE, Problem, Server, Site
from engine.checks.problems import problems

__all__ = ["ANYWHERE", "Problem", "Server", "Site", "problems"]

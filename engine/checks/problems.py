"""The only validation of a workflow beyond its form: everything that can be known before it runs."""

from __future__ import annotations

from engine.checks import agents, chains, edges, flow, inputs, off, params, place, safety, secrets, servers, texts
from engine.checks import trust as choices
from engine.checks.before import Before
from engine.checks.problem import ANYWHERE, Catalog, Problem, Site, error, subject
from engine.workflow.model import Workflow
from engine.workflow.order import analyse


def problems(workflow: Workflow, catalog: Catalog, site: Site = ANYWHERE) -> list[Problem]:
    """All problems, errors first, then in the order of the file; nothing is opened, started or asked but `site`."""
    it = subject(workflow, catalog, site)
    order = analyse(workflow, lambda node: it.shapes[node.key])
    before = None if order.faults else Before(order)
    found = [error(fault.code, fault.node, fault.sentence, fault.remedy) for fault in order.faults]
    structure = len(found)
    found += params.check(it)
    found += edges.check(it)
    found += agents.check(it)
    found += texts.check(it, before)
    found += inputs.check(it)
    if before is not None:
        found += flow.check(it, before)
        found += safety.check(it, order)
        found += choices.check(it, order)
    found += place.check(it, before)
    found += secrets.check(it)
    found += chains.check(it)
    found += servers.check(it)
    found[structure:] = [off.gentler(it, problem) for problem in found[structure:]]
    found += off.check(it)
    rank = {node.key: index for index, node in enumerate(workflow.nodes)}
    last = len(rank)
    return sorted(
        dict.fromkeys(found),
        key=lambda problem: (problem.severity != "error", rank.get(problem.node or "", last)),
    )

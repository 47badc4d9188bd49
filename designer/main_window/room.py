"""Everything that fills the window once its frame stands: one module, so that the frame is painted before it loads."""

from __future__ import annotations

from designer.engine_link.example_service import ExampleService
from designer.main_window.checking import Checker, by_node
from designer.main_window.connecting import connect_outline
from designer.main_window.desk import Desk
from designer.main_window.drawing import DrawingPage
from designer.main_window.editing import Editing
from designer.main_window.filing import Filing
from designer.main_window.finder import Finder
from designer.main_window.inputs_dialog import InputsDialog
from designer.main_window.inspector import Inspector
from designer.main_window.offers import Offers
from designer.main_window.parts import Parts
from designer.main_window.recent import RecentWork
from designer.main_window.running import Runner
from designer.main_window.showing import Showing
from designer.main_window.site_link import SiteLink
from designer.main_window.unsent import Unsent
from designer.main_window.viewing import Viewing
from designer.main_window.watching import Watching
from designer.people.dialog import ApprovalDialog
from designer.people.drafts import Drafts
from designer.people.inbox import Inbox
from designer.people.notifier import Notifier
from designer.runs.runs_list import RunsList
from designer.site.page import SitePage

__all__ = [
    "ApprovalDialog",
    "Checker",
    "Desk",
    "Drafts",
    "DrawingPage",
    "Editing",
    "ExampleService",
    "Filing",
    "Finder",
    "Inbox",
    "InputsDialog",
    "Inspector",
    "Notifier",
    "Offers",
    "Parts",
    "RecentWork",
    "Runner",
    "RunsList",
    "Showing",
    "SiteLink",
    "SitePage",
    "Unsent",
    "Viewing",
    "Watching",
    "by_node",
    "connect_outline",
]

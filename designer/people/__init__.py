"""What waits for a person: the inbox, the pane that a question is answered in, and how a person hears of it."""

from designer.people.dialog import ApprovalDialog
from designer.people.drafts import Drafts
from designer.people.inbox import Inbox
from designer.people.notifier import Notifier
from designer.people.pane import ApprovalPane

__all__ = ["ApprovalDialog", "ApprovalPane", "Drafts", "Inbox", "Notifier"]

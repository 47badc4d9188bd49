"""The open document: pure edits of a workflow, undo, autosave, and what an editor wants to know of a drawing."""

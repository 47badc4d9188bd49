"""The drawing of a workflow on screen: renders a Workflow, reports gestures, changes nothing. The only user of NodeGraphQt."""

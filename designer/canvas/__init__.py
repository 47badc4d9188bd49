"""The drawing of a workflow on screen: renders it and reports gestures, changes nothing; alone knows NodeGraphQt."""

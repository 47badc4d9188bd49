"""What a person can do: commands with their keys, and what a gesture on the canvas does to the document."""

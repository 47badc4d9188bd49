"""This PC: its models, its tools, its network and its keys, on one page. It knows the engine link and nothing above."""

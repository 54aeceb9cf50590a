"""The pure wire layer: requests out, answers in, what an answer means. Nothing here waits or keeps state."""

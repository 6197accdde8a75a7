"""Two configs one after the other leave the kernel as the second one alone does, on a real kernel."""

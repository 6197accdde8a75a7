"""A node to test on, and a view of its kernel that owes nothing to the program under test."""

"""Grading submissions: a sandbox for the student's program, and a judge outside it that holds the reference."""

"""nbgrader's settings: where sources and released notebooks are, and what of a source a student never gets."""

from nbconvert.preprocessors import TagRemovePreprocessor
from nbgrader.converters import GenerateAssignment

c = get_config()  # noqa: F821

c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
# bpgrade writes here what a person marks; nbgrader makes its feedback pages beside it.
c.CourseDirectory.autograded_directory = "results/autograded"
c.CourseDirectory.feedback_directory = "results/feedback"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "judge.py"]
c.NbGrader.logfile = ""

# Cells tagged solution-only explain a solution; they go before anything else looks at the notebook.
c.GenerateAssignment.preprocessors = [TagRemovePreprocessor, *GenerateAssignment.preprocessors.default()]
c.TagRemovePreprocessor.enabled = True
c.TagRemovePreprocessor.remove_cell_tags = ["solution-only"]

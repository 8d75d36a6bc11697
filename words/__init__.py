"""Results and errors in people's words, without Discord and without images.

The messages are Fluent files, one a language (`words.locales`). A module here for each question turns its result into
an `AnswerText`, and `words.errors` does so for errors. How emphasis and names are set is up to the `Markup` that the
language was loaded with.
"""

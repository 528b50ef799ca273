"""What to do about a problem, for an author who sees a form and not the file behind it."""

import re

TICK_FACT = "Tick the fact behind it."
REMEDIES = (
    (r"10 to 15", "Write it as 10 to 15, or as one number."),
    (r'"from" is missing', "Write the smallest number."),
    (r'"to" is missing', "Write the largest number."),
    (r'"order" is missing', "Write the things in their right order."),
    (r'"pairs" is missing', "Write each thing and what goes with it."),
    (r"kind: choose all", "Mark exactly one, or choose another kind."),
    (r"can be an anchor", "Take the tick off, or let it have one safest answer."),
    (r"does not say where it is", "Choose its row, then drag over the picture."),
    (r"picture: fire/home.svg", "Choose the picture."),
    (r'"minutes" is missing', "Write how many minutes it takes, such as 3."),
    (r'"why" is missing', "Say why the safest answer is safer."),
    (r'"right" is missing', "Write the answers, and mark the safest one."),
    (r'"id" is missing', "Give the question a short name, such as F1."),
    (r'"(confidence|for)" is missing', "Choose one."),
    (r"has no objectives", "Write it on the page About, such as: wait in a safe place."),
    (r"has no (precheck|quiz) part", "Add that step; gain is measured from before to after."),
    (r"has no title", "Write one."),
    (r"has no words", "Write them, or take it out."),
    (r"asks no question", "Add the question and its answers."),
    (r'"Not sure" is one of the answers', "Take the tick off “Also offer I'm not sure”."),
    (r"has no alt text", "Say what it shows, or tick that it only decorates."),
    (r"(cannot name a picture|is no picture|not a kind of picture|not among your agency)", "Choose another picture."),
    (r'"film" is missing', "Choose a film, or add one below."),
    (
        r'"source" is missing',
        "Say who published it, and when. Otherwise: own knowledge, to be confirmed by the agency.",
    ),
    (r"This film has no captions", "Add them on the page of pictures and films."),
    (r"are no misconceptions here", "Write it beside the questions, such as: Hide and wait."),
    (r"are no questions here", "Add a question."),
    (r"questions are anchors", "Tick “Ask it before and after” in exactly five of them."),
    (r"names no misconception", "Choose what a child who picks it may believe."),
    (r"names the misconception", "Choose “no belief” for the safest answer."),
    (r"rests on no fact", TICK_FACT),
)

SENTENCES = (
    (r'The part "[^"]*" has no title\.', "This step has no title."),
    (r"There are no misconceptions here\.", "It does not say yet what children may believe."),
    (r"There are no questions here\.", "The quiz has no questions yet."),
    (r"(\d+) questions are anchors\.", r"Of the five questions that are asked before and after, there are \1."),
    (r"This lesson has no objectives\.", "It does not say yet what children can do at the end."),
    (r'"question" is missing\.', "The question has no words."),
    (r'"right" is missing\.', "The answers are missing."),
    (r'"confidence" is missing\.', "It does not say yet how sure it is."),
    (r'"for" is missing\.', "It does not say yet for whom it is."),
    (r'"(why|source|film)" is missing\.', r"The \1 is missing."),
    (r'"minutes" is missing\.', "The minutes are missing."),
)
"""What a file calls otherwise than its form does."""
FIELDS = (
    (r"has no objectives", "objectives"),
    (r"no misconceptions here", "misconceptions"),
    (r"(no questions here|questions are anchors)", "questions"),
)
"""Where it is put right, when a file has no line for it."""


def sentence_in_form(sentence: str) -> str:
    """The problem in the words of the form."""
    for pattern, words in SENTENCES:
        if found := re.fullmatch(pattern, sentence):
            return found.expand(words)
    return sentence


def field_in_form(sentence: str) -> str:
    """The field where it is put right; empty when the line of the file tells it."""
    return next((field for pattern, field in FIELDS if re.search(pattern, sentence)), "")


def remedy_in_form(sentence: str, remedy: str) -> str:
    """The remedy for the file, unless the form has another way."""
    told = f"{sentence} {remedy}"
    return next((words for pattern, words in REMEDIES if re.search(pattern, told)), remedy)

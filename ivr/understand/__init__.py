"""Words to values: the closed grammar of what callers may answer. Pure; knows neither telephone nor recogniser.

`grammar` holds every question's vocabulary and reads an answer with it; `lexicon` finds listed phrases in all their
forms; `days`, `clock`, `birth`, `digits` and `surnames` each read one kind of value.
"""

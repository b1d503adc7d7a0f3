"""More words for the finished model: a new graph beside the acoustic model that is there; no training, no checkpoint.

    ivr models words --all > words.txt
    python add_words.py words.txt ..

Words are pronounced as espeak-ng reads them. The sentences of Gr.fst stay those of the recipe, and each new word once.
"""
import argparse, math, random

import graph, lexicon, vocab


def phones_of(path):
    """Names of the phones in the order of their ids: SIL, then each without its place in the word."""
    names = [line.split()[0] for line in open(path, encoding="utf-8")][1:]
    return list(dict.fromkeys(name.rsplit("_", 1)[0] if name != lexicon.SIL else name for name in names))


def pronounced(words, known):
    """Word -> pronunciations, and the words with a sound that the model has not learnt."""
    found, lost = {}, []
    for word, line in zip(words, lexicon.espeak_phonemes(words)):
        pron = lexicon.map_phonemes(line)
        if pron and set(pron) <= known: found[word] = [pron]
        else: lost.append(word)
    return found, lost


def add(listed, model):
    names = phones_of(f"{model}/graph/phones.txt")
    lex, _ = lexicon.build()
    vocabulary = vocab.WORDS + sorted(vocab.YO_ALIASES)
    new = [w for w in listed if w not in set(vocabulary)]
    more, lost = pronounced(new, set(names))
    counts = {p: 1 for p in names[1:]}
    for prons in lex.values():
        for p in prons[0]: counts[p] += 1
    total = sum(counts.values())
    r = random.Random(5)
    gens = [vocab.date, vocab.time, vocab.specialty, vocab.yesno, vocab.command, vocab.surname, vocab.birthdate, vocab.number]
    sents = [g(r) for g in gens for _ in range(250)] + [vocab.digit_string(r, r.choice([1, 4, 6, 10, 16])) for _ in range(300)]
    sents += [[w] for w in vocab.WORDS] + [[graph.UNK]] * 20 + [[w] for w in more]
    logp = {p: math.log(c / total) for p, c in counts.items()}
    graph.build(f"{model}/graph", lex | more, vocabulary + list(more), graph.PhoneTable(names), sents, logp)
    print(len(vocabulary), "words as before,", len(more), "more")
    if lost: print("cannot be pronounced:", *lost)


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__); ap.add_argument("words"); ap.add_argument("model")
    a = ap.parse_args()
    add([w for w in open(a.words, encoding="utf-8").read().split()], a.model)

"""Senders write what they like; none of it may reach a terminal."""

import pytest

from candidate.bank_import import Entry, Unreadable, parse
from core.money import Money

HOSTILE = [
    "\x1b[2J\x1b[H",
    "\x1b]0;owned\x07",
    "\x1b]52;c;cm0gLXJmIH4=\x07",
    "\x1b]8;;https://phish.example.org\x1b\\invoice.example.org\x1b]8;;\x1b\\",
    "\u202efdp.tnemyap\u2066",
    "Zo\u0308e \U0001f9d1\u200d\U0001f4bb \ufeff\u200b",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_keeps_what_the_sender_wrote(text):
    print(text)
    assert list(parse(f"100;{text}")) == [Entry(Money(100), text)]


@pytest.mark.parametrize("line", ["100", "ten;text", ";"])
def test_quotes_a_line_it_cannot_read(line):
    with pytest.raises(Unreadable, match="line 2"):
        list(parse(f"\n{line}"))


def test_shows_nothing_a_terminal_would_obey():
    [entry] = parse(f"100;{HOSTILE[0]}PAID{HOSTILE[1]}")
    assert entry.text.isprintable(), f"not printable: {entry.text}"

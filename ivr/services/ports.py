"""What a use case needs of the outside, named for its role."""

from typing import Protocol, Self


class Work(Protocol):
    """A unit of work: `with work:` opens one transaction; leaving without commit() undoes everything.

    Its registers (work.patients, work.slots, ...) are declared in ivr/storage/work.py's contract;
    this Protocol grows one attribute per register.
    """

    def __enter__(self) -> Self: ...
    def __exit__(self, *problem: object) -> None: ...
    def commit(self) -> None: ...

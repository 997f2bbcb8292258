# SPDX-License-Identifier: GPL-2.0-or-later
"""Work is handed to who is ready: each piece once, and nobody waits for ever."""

import os

from blockdoc.bench.suite import deal, take


def test_every_number_is_taken_once_by_one_of_two() -> None:
    queue = deal(1000)
    first, second = take(queue), take(os.dup(queue))
    taken = [next(first), next(second), next(second), *first, *second]
    assert taken == list(range(1000))


def test_there_may_be_nothing_to_take() -> None:
    assert list(take(deal(0))) == []

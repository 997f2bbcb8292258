# SPDX-License-Identifier: GPL-2.0-or-later
"""`blockdoc review` names few rules, the right one first, and says why."""

import io
import json
from pathlib import Path

import pytest
from blockdoc.cli import main
from blockdoc.review import Match, Ranking, read_patches
from blockdoc.units import read_page

Capture = pytest.CaptureFixture[str]
PAGE = """---
reviewed: 10.2.2
---

# Drain

(drain-model)=
## The model

{src}`bdrv_drained_begin`, {src}`bdrv_next` and {src}`job_pause` are the model.

```{rule} DRAIN-3
:title: Never drain under the graph lock
:symbols: bdrv_drained_begin, bdrv_graph_wrlock
:firm: guaranteed

Draining polls, and a request that is waited for may be waiting for the lock.
{commit}`123456789abc` had it wrong.
```

```{rule} DRAIN-7
:title: Never poll while you iterate over nodes
:symbols: bdrv_next, bdrv_next_cleanup
:firm: guaranteed

An iterator holds references; who leaves the loop early owes a cleanup.
```

```{rule} JOB-1
:title: A pause stops the coroutine, not the completion
:symbols: job_pause
:firm: guaranteed

A paused job may complete.
```
"""
DIFF = """diff --git a/block.c b/block.c
index 1111111..2222222 100644
--- a/block.c
+++ b/block.c
@@ -10,6 +10,8 @@ static int example_inactivate(BlockDriverState *bs)
     for (bs = bdrv_first(&it); bs; bs = bdrv_next(&it)) {
         ret = one(bs);
         if (ret < 0) {
+            /* bdrv_drained_begin() is not the point */
+            bdrv_next_cleanup(&it);
             return ret;
         }
     }
"""
MAIL = f"""From 1234567890123456789012345678901234567890 Mon Sep 17 00:00:00 2001
From: Somebody <s@example.org>
Date: Mon, 2 Feb 2026 10:00:00 +0100
Subject: [PATCH v2 1/2] block: Clean the iterator up
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit

Leaving the loop early leaks a reference.

Signed-off-by: Somebody <s@example.org>
---
 block.c | 2 ++
 1 file changed, 2 insertions(+)

{DIFF}--{" "}
2.40.0

"""


@pytest.fixture(autouse=True)
def guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/drain.md").write_text(PAGE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GUIDE_BASE_URL", raising=False)
    return tmp_path


def reviewed(text: str, capsys: Capture, *words: str) -> list[dict[str, str]]:
    Path("a.patch").write_text(text)
    main(["review", "a.patch", "--format", "json", *words])
    found: list[dict[str, str]] = json.loads(capsys.readouterr().out)
    return found


def test_the_rule_of_a_call_that_is_added_comes_first_and_alone(capsys: Capture) -> None:
    (found,) = reviewed(MAIL, capsys, "--sections", "0")
    assert found["id"] == "DRAIN-7"
    assert found["patch"] == "block: Clean the iterator up"
    assert found["message"].startswith("adds or removes a call of bdrv_next_cleanup")


def test_the_lines_can_be_pasted(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(MAIL.encode())))
    assert main(["review", "--base-url", "https://example.org", "--rules", "1"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "block: Clean the iterator up:",
        (
            "  [DRAIN-7] Never poll while you iterate over nodes "
            "<https://example.org/r/DRAIN-7/>"
        ),
    ]


def test_a_commit_that_is_mended_leads_to_the_rule_that_links_it(capsys: Capture) -> None:
    text = MAIL.replace("Signed-off", "Fixes: 123456789abc (block: Wrong)\nSigned-off")
    found = reviewed(text, capsys)
    assert (
        "fixes 123456789abc, which it links"
        in {it["id"]: it for it in found}["DRAIN-3"]["message"]
    )


def test_the_words_of_the_message_count_where_no_name_does(capsys: Capture) -> None:
    text = MAIL.replace("bdrv_next_cleanup", "g").replace(
        "Leaving the loop early leaks a reference.",
        "A paused job may complete: the pause stops its coroutine alone.",
    )
    found = reviewed(text.replace("Clean the iterator up", "Completion in a pause"), capsys)
    assert found[0]["id"] == "JOB-1"
    assert "the message speaks of" in found[0]["message"]


def test_one_word_in_common_is_no_reason(capsys: Capture) -> None:
    text = MAIL.replace("bdrv_next_cleanup", "g").replace("Clean the iterator up", "Completion")
    text = text.replace("Leaving the loop early leaks a reference.", "Rework the completion.")
    assert reviewed(text, capsys) == []


def test_a_patch_of_something_else_touches_nothing(capsys: Capture) -> None:
    Path("a.patch").write_text(
        "--- a/hw/x.c\n+++ b/hw/x.c\n@@ -1 +1 @@ f(void)\n-    a();\n+    b();\n"
    )
    assert main(["review", "a.patch"]) == 0
    assert capsys.readouterr().out == "hw/x.c:\n  nothing of the guide\n"


@pytest.mark.parametrize("text", ["", "Hello.\n", "From a Mon 2026\nSubject: x\n\nno diff\n"])
def test_what_is_no_patch_is_refused(text: str, capsys: Capture) -> None:
    Path("a.patch").write_text(text)
    assert main(["review", "a.patch"]) == 2
    assert "no patch in there" in capsys.readouterr().err


def test_a_series_is_read_patch_by_patch() -> None:
    cover = MAIL.partition("diff --git")[0].replace("1/2", "0/2")
    second = MAIL.replace("1/2", "2/2").replace("Clean the iterator up", "Once more")
    patches = read_patches(cover + MAIL + second)
    assert [it.subject for it in patches] == [
        "block: Clean the iterator up",
        "block: Once more",
    ]


def test_a_mail_may_be_quoted_printable() -> None:
    body = MAIL.replace("8bit", "quoted-printable").replace("next_cleanup", "next_clea=\nnup")
    (patch,) = read_patches(body)
    assert patch.called["bdrv_next_cleanup"] == 1


def test_a_patch_may_be_attached() -> None:
    parts = (("plain", "Hi."), ("x-patch", DIFF))
    attached = "".join(f"--B\nContent-Type: text/{it}\n\n{text}\n" for it, text in parts)
    head = "Subject: [PATCH] block: Clean\nContent-Type: multipart/mixed; boundary=B\n\n"
    (patch,) = read_patches(f"{head}{attached}--B--\n")
    assert patch.subject == "block: Clean"
    assert patch.called["bdrv_next_cleanup"] == 1


@pytest.mark.parametrize("end", range(60, len(DIFF), 7))
def test_a_patch_that_is_cut_off_is_read_as_far_as_it_goes(end: int) -> None:
    assert len(read_patches(DIFF[:end])) == 1


@pytest.mark.parametrize("charset", ["nonsense", "utf-8"])
def test_a_mail_in_an_unknown_encoding_is_no_bug_of_ours(charset: str) -> None:
    head = f"Subject: =?utf-8?q?a=E2=82?=\nContent-Type: text/plain; charset={charset}\n\n"
    assert len(read_patches(head + DIFF)) == 1


def test_git_show_has_its_message_indented() -> None:
    text = f"commit 1234567\nAuthor: S\n\n    block: Clean\n\n    Why.\n\n{DIFF}"
    (patch,) = read_patches(text)
    assert patch.subject == "block: Clean"


def test_a_comment_calls_nothing() -> None:
    (patch,) = read_patches(DIFF)
    assert "bdrv_drained_begin" not in patch.called | patch.written


def test_what_is_far_behind_the_best_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    units = [it for it in read_page(PAGE, "docs/drain.md") if it.kind == "rule"]
    matches = [Match(it, score, ()) for it, score in zip(units, (10, 6, 4), strict=True)]
    monkeypatch.setattr(Ranking, "rank", lambda *_: matches)
    (patch,) = read_patches(DIFF)
    assert [it.score for it in Ranking(units).few(patch)] == [10, 6]
    assert [it.score for it in Ranking(units).few(patch, rules=1)] == [10]


def test_what_a_hunk_changes_calls_and_writes() -> None:
    diff = """--- a/job.c
+++ b/job.c
@@ -1,9 +1,9 @@ static void GRAPH_RDLOCK before(Job *job)
     x();
-    old(job);
+    if (job->busy) {
+        old(job);
+    }
 }

-void job_pause(Job *job)
+int job_pause(Job *job)
 {
-    job->pause_count++;
+    job_lock();
 }
"""
    (patch,) = read_patches(diff)
    assert set(patch.changed) == {"before", "job_pause"}
    assert set(patch.called) == {"job_lock"}
    assert {"old", "busy", "pause_count", "Job"} <= set(patch.written)

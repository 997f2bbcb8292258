# SPDX-License-Identifier: GPL-2.0-or-later
"""The reader of the schema finds its definitions and the names that C has for them."""

from pathlib import Path

from blockdoc.source.qapi import read_qapi

TREE = Path(__file__).parent / "trees" / "new"


def test_definitions_are_found_by_their_names_and_by_those_of_c() -> None:
    found = read_qapi((TREE / "qapi/job.json").read_text())
    assert [(it.name, it.line, it.defines) for it in found] == [
        ("JobStatus", 6, True),
        ("JOB_STATUS_UNDEFINED", 7, True),
        ("JOB_STATUS_CREATED", 7, True),
        ("JOB_STATUS_WITH_CONDITION", 8, True),
        ("JOB_STATUS_CHANGE", 10, True),
        ("qapi_event_send_job_status_change", 10, True),
        ("job-pause", 13, True),
        ("qmp_job_pause", 13, False),
    ]


def test_a_prefix_of_an_enum_is_minded() -> None:
    text = "{ 'enum': 'QCryptoHash',\n  'prefix': 'QCRYPTO_HASH',\n  'data': ['md5'] }\n"
    assert read_qapi(text)[1].name == "QCRYPTO_HASH_MD5"
    assert (
        read_qapi(text.replace("'prefix': 'QCRYPTO_HASH',", ""))[1].name == "Q_CRYPTO_HASH_MD5"
    )

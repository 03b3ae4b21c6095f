"""What receivers, their names and their certificates can do wrong, and how little of it reaches anybody else."""

import asyncio
import ssl
from datetime import UTC, datetime

import pytest
import trustme
from tests.unit.webhooks.test_delivery import (
    Receiver,
    add,
    delivering,
    hang,
    state,
    until,
)

from dreamreel.webhooks.addresses import AddressRules

PUBLIC = "93.184.215.14"


def test_two_hundred_predictions_of_a_dead_receiver_delay_nobody_else(store):
    async def scenario():
        async with Receiver(hang) as dead, Receiver() as alive, delivering(store, timeout_s=600):
            for _ in range(200):
                add(store, dead.url, wanted=("start",))
            add(store, alive.url, wanted=("start",))
            await until(lambda: alive.got)
            return len(dead.got)

    assert asyncio.run(scenario()) <= 8


def test_what_waits_for_a_busy_receiver_comes_when_it_is_its_turn(store):
    async def scenario():
        async with Receiver() as receiver, delivering(store, timeout_s=30):
            for _ in range(50):
                add(store, receiver.url, wanted=("start",))
            await until(lambda: len(receiver.got) == 50)
            return {headers["webhook-id"] for headers, _ in receiver.got}

    assert len(asyncio.run(scenario())) == 50


def test_a_name_that_was_public_and_turns_private_is_not_dialled(store):
    """DNS rebinding: the first answer passes the check at creation, the next leads into the operator's network."""
    answers = [[PUBLIC], ["127.0.0.1"]]

    def look_up(_host, _port):
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async def scenario():
        rules = AddressRules(plain_http=True, look_up=look_up)
        async with Receiver() as receiver, delivering(store, rules=rules):
            url = f"http://rebinding.test:{receiver.port}/hook"
            rules.check_url(url)
            prediction = add(store, url, wanted=("start",))
            await until(lambda: state(store, prediction).last_error)
            return receiver.got, state(store, prediction).last_error

    assert asyncio.run(scenario()) == ([], "rebinding.test is not a public address")


def test_of_a_names_addresses_the_next_is_tried_when_one_does_not_answer_and_forbidden_ones_never(store):
    asked = ["10.0.0.1", "127.0.0.9", "127.0.0.1"]

    async def scenario():
        rules = AddressRules(loopback=True, look_up=lambda _host, _port: asked)
        async with Receiver() as receiver, delivering(store, rules=rules, timeout_s=10):
            add(store, f"http://many.test:{receiver.port}/hook", wanted=("start",))
            await until(lambda: receiver.got)

    asyncio.run(scenario())


def test_a_name_without_an_address_is_said_and_tried_again(store):
    def look_up(_host, _port):
        if not asked.append(1) and len(asked) == 1:
            raise OSError("Name or service not known")
        return ["127.0.0.1"]

    asked = []

    async def scenario():
        rules = AddressRules(loopback=True, look_up=look_up)
        async with Receiver() as receiver, delivering(store, rules=rules, timeout_s=10):
            prediction = add(store, f"http://late.test:{receiver.port}/hook", wanted=("completed",))
            store.request_cancel(prediction.id, datetime.now(UTC))
            await until(lambda: state(store, prediction).last_error)
            error = state(store, prediction).last_error
            await until(lambda: receiver.got)
            return error

    assert asyncio.run(scenario()) == "late.test has no address: Name or service not known"


def tls_of(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch):
    """The certificate authority, known to this machine as an operator makes one known."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return authority


def test_a_receiver_with_a_certificate_that_this_machine_trusts_is_told(store, trusted):
    async def scenario():
        async with Receiver(tls=tls_of(trusted.issue_cert("localhost"))) as receiver, delivering(store, timeout_s=10):
            add(store, receiver.url, wanted=("start",))
            await until(lambda: receiver.got)

    asyncio.run(scenario())


@pytest.mark.parametrize("fault", ["unknown authority", "another name", "expired"])
def test_a_certificate_that_does_not_hold_gets_nothing_and_is_said(store, trusted, fault):
    certificate = {
        "unknown authority": lambda: trustme.CA().issue_cert("localhost"),
        "another name": lambda: trusted.issue_cert("elsewhere.test"),
        "expired": lambda: trusted.issue_cert("localhost", not_after=datetime(2020, 1, 1, tzinfo=UTC)),
    }[fault]()

    async def scenario():
        async with Receiver(tls=tls_of(certificate)) as receiver, delivering(store, timeout_s=10):
            prediction = add(store, receiver.url, wanted=("completed",))
            store.request_cancel(prediction.id, datetime.now(UTC))
            await until(lambda: state(store, prediction).last_error)
            return receiver.got, state(store, prediction).last_error

    got, error = asyncio.run(scenario())
    assert got == []
    assert "certificate verify failed" in error

"""One POST: to the address that was checked, within its time, and no further than the receiver itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from swarm.webhooks.address import Target
from swarm.webhooks.sending import Answer, NotSent, post
from tests.webhooks.receivers import NAME, Receiver, answering, receiving, silent

BODY = b'{"a": "\xc3\xbc"}'


def target(port: int, host: str = NAME) -> Target:
    return Target(host, port, "/hook?x=1", encrypted=True)


class Names:
    """A name server that remembers what it was asked, and gives its answers one after the other."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0)


def test_the_receiver_gets_the_message_under_its_own_name(receiver: Receiver) -> None:
    sent = post(target(receiver.port), {"webhook-id": "msg_1"}, BODY, resolve=Names(["127.0.0.1"]), loopback=True)
    assert sent == Answer(204)
    (message,) = receiver.messages
    assert (message.body, message.path) == (BODY, "/hook?x=1")
    assert message.headers["host"] == f"{NAME}:{receiver.port}"
    assert message.headers["webhook-id"] == "msg_1"


def test_the_name_is_resolved_once_and_the_connection_goes_to_that_address(receiver: Receiver) -> None:
    """Rebinding: the second answer would lead somewhere else, and nobody asks for it."""
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    post(target(receiver.port), {}, BODY, resolve=names, loopback=True)
    assert names.asked == [NAME]
    assert len(receiver.messages) == 1


@pytest.mark.parametrize("loopback", [False, True])
def test_nothing_is_sent_where_one_of_the_addresses_is_not_public(receiver: Receiver, loopback: bool) -> None:
    with pytest.raises(NotSent, match="not public"):
        post(target(receiver.port), {}, BODY, resolve=Names(["127.0.0.1", "10.0.0.1"]), loopback=loopback)
    assert receiver.messages == []


def test_without_the_setting_nothing_goes_to_loopback(receiver: Receiver) -> None:
    with pytest.raises(NotSent, match="not public"):
        post(target(receiver.port), {}, BODY, resolve=Names(["127.0.0.1"]))
    assert receiver.messages == []


def test_a_redirect_is_an_answer_and_not_followed(receiver: Receiver, trusted: Path) -> None:
    with receiving(trusted) as elsewhere:
        receiver.answers = [answering(307, Location=f"https://{NAME}:{elsewhere.port}/")]
        sent = post(target(receiver.port), {}, BODY, resolve=Names(["127.0.0.1"]), loopback=True)
        assert sent.status == 307
        assert elsewhere.messages == []


def test_a_certificate_of_another_name_is_refused(receiver: Receiver) -> None:
    with pytest.raises(NotSent, match="certificate"):
        post(target(receiver.port, "other.example"), {}, BODY, resolve=Names(["127.0.0.1"]), loopback=True)
    assert receiver.messages == []


def test_a_certificate_of_an_unknown_authority_is_refused(authority: tuple[Path, Path]) -> None:
    with receiving(authority[1]) as receiver, pytest.raises(NotSent, match="certificate"):
        post(target(receiver.port), {}, BODY, resolve=Names(["127.0.0.1"]), loopback=True)
    assert receiver.messages == []


def test_a_pause_that_the_receiver_asks_for_is_heard(receiver: Receiver) -> None:
    receiver.answers = [answering(503, Retry_After="120"), answering(429, Retry_After="Fri, 31 Dec 1999 23:59:59 GMT")]
    ask = target(receiver.port)
    assert post(ask, {}, BODY, resolve=Names(["127.0.0.1"]), loopback=True) == Answer(503, 120)
    assert post(ask, {}, BODY, resolve=Names(["127.0.0.1"]), loopback=True) == Answer(429, None)


def test_the_body_of_the_answer_is_not_waited_for(receiver: Receiver) -> None:
    done = threading.Event()

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000000000")
        request.end_headers()
        done.wait(30)

    receiver.answers = [endless]
    began = time.monotonic()
    assert post(target(receiver.port), {}, BODY, resolve=Names(["127.0.0.1"]), loopback=True).status == 200
    assert time.monotonic() - began < 5
    done.set()


def test_a_receiver_that_drips_is_cut_off(receiver: Receiver) -> None:
    """Each byte comes well within the time of a single read."""
    stop = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not stop.wait(0.05):
            request.wfile.write(b"x")
            request.wfile.flush()

    receiver.answers = [drip]
    began = time.monotonic()
    with pytest.raises(NotSent, match="no answer within 1 s"):
        post(target(receiver.port), {}, BODY, resolve=Names(["127.0.0.1"]), loopback=True, seconds=1)
    assert time.monotonic() - began < 5
    stop.set()


def test_a_receiver_that_does_not_even_shake_hands_is_cut_off() -> None:
    with silent() as port, pytest.raises(NotSent, match=r"no answer within 0\.5 s"):
        post(target(port), {}, BODY, resolve=Names(["127.0.0.1"]), loopback=True, seconds=0.5)


def test_nobody_there_is_told_as_such() -> None:
    with silent() as port:
        pass
    with pytest.raises(NotSent, match="no connection"):
        post(target(port), {}, BODY, resolve=Names(["127.0.0.1"]), loopback=True)


def test_the_next_address_is_tried_where_the_first_takes_no_connection(receiver: Receiver) -> None:
    """127.0.0.2 is loopback too, and nothing listens there."""
    sent = post(target(receiver.port), {}, BODY, resolve=Names(["127.0.0.2", "127.0.0.1"]), loopback=True)
    assert sent.status == 204


def test_what_is_no_http_is_no_answer(receiver: Receiver) -> None:
    def nonsense(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")
        request.close_connection = True

    receiver.answers = [nonsense]
    with pytest.raises(NotSent, match="the connection failed"):
        post(target(receiver.port), {}, BODY, resolve=Names(["127.0.0.1"]), loopback=True)


def test_an_answer_that_only_announces_another_is_passed_over(receiver: Receiver) -> None:
    def hints(request: BaseHTTPRequestHandler) -> None:
        for _ in range(3):
            request.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n")
        answering(200)(request)

    receiver.answers = [hints]
    assert post(target(receiver.port), {}, BODY, resolve=Names(["127.0.0.1"]), loopback=True) == Answer(200)
    assert len(receiver.messages) == 1

"""WhatsApp, against a server that answers as Meta does."""

from typing import Any

import pytest

from notifications.transports.base import Malformed, TransportError
from notifications.transports.whatsapp import WhatsApp, from_url

from .provider import Provider
from .words import PHONE, message

TOKEN = "EAAGgeheimesToken0123456789"


@pytest.fixture
def whatsapp(provider: Provider) -> WhatsApp:
    return from_url(f"whatsapp://{TOKEN}@10987654321?app_secret=as&verify_token=vt&base={provider.url}")


def test_text_by_the_cloud_api(whatsapp: WhatsApp, provider: Provider) -> None:
    provider.answers(200, {"messaging_product": "whatsapp", "messages": [{"id": "wamid.HBgL"}]})
    accepted = whatsapp.send(message(link="https://desk.example/t/5"), PHONE)
    assert accepted.provider_id == "wamid.HBgL"
    (received,) = provider.received
    assert received.path == "/v20.0/10987654321/messages"
    assert received.headers["authorization"] == f"Bearer {TOKEN}"
    assert received.headers["content-type"] == "application/json"
    assert received.json == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "15550001111",
        "biz_opaque_callback_data": "d-1",
        "type": "text",
        "text": {
            "preview_url": True,
            "body": "*The lift is stuck*\nPlease have a look at it.\nhttps://desk.example/t/5",
        },
    }


def test_a_template_when_the_payload_names_one(whatsapp: WhatsApp, provider: Provider) -> None:
    components = [{"type": "body", "parameters": [{"type": "text", "text": "5"}]}]
    template = {"name": "ticket_assigned", "language": "de", "components": components}
    whatsapp.send(message(payload={"whatsapp_template": template}), PHONE)
    whatsapp.send(message(locale="fr", payload={"whatsapp_template": {"name": "bare"}}), PHONE)
    full, bare = (one.json for one in provider.received)
    assert full["type"] == "template"
    assert full["template"] == {"name": "ticket_assigned", "language": {"code": "de"}, "components": components}
    assert bare["template"] == {"name": "bare", "language": {"code": "fr"}, "components": []}


def test_long_words_are_cut_and_the_link_is_not(whatsapp: WhatsApp, provider: Provider) -> None:
    whatsapp.send(message(message="x" * 10_000, link="https://desk.example/t/5"), PHONE)
    body = provider.received[0].json["text"]["body"]
    assert len(body) == 4096
    assert body.endswith("…\nhttps://desk.example/t/5")


REFUSALS = [  # status, Meta's code, permanent, suppress
    (400, 131026, True, False),  # undeliverable
    (400, 131047, True, False),  # outside the 24 h window
    (400, 131050, True, True),  # the person does not want to hear from us
    (400, 132001, True, False),  # no such template
    (401, 190, True, False),  # the token has ended
    (403, 10, True, False),
    (400, 130429, False, False),  # rate limits, whatever the status
    (400, 131056, False, False),
    (400, 80007, False, False),
    (500, 131000, False, False),
    (503, 2, False, False),
]


@pytest.mark.parametrize(("status", "code", "permanent", "suppress"), REFUSALS)
def test_a_refusal(
    whatsapp: WhatsApp, provider: Provider, status: int, code: int, permanent: bool, suppress: bool
) -> None:
    said = f"(#{code}) Something about 15550001111 and {TOKEN}"
    provider.answers(status, {"error": {"message": said, "type": "OAuthException", "code": code}})
    with pytest.raises(TransportError, match=f"HTTP {status} \\({code}\\)") as failed:
        whatsapp.send(message(), PHONE)
    error = failed.value
    assert (error.permanent, error.suppress, error.unknown) == (permanent, suppress, False)
    assert "15550001111" not in str(error)
    assert TOKEN not in str(error)


@pytest.mark.parametrize(("status", "permanent"), [(400, True), (401, True), (429, False), (500, False), (302, True)])
@pytest.mark.parametrize("body", [b"<html>", {"error": "no"}, []])
def test_a_refusal_without_a_code(
    whatsapp: WhatsApp, provider: Provider, status: int, permanent: bool, body: Any
) -> None:
    provider.answers(status, body)
    with pytest.raises(TransportError, match=f"HTTP {status}") as failed:
        whatsapp.send(message(), PHONE)
    assert failed.value.permanent is permanent


def test_the_wish_to_wait_is_passed_on(whatsapp: WhatsApp, provider: Provider) -> None:
    provider.answers(429, {"error": {"code": 130429, "message": "slow down"}}, {"Retry-After": "17"})
    with pytest.raises(TransportError) as failed:
        whatsapp.send(message(), PHONE)
    assert failed.value.retry_after_s == 17


def test_no_answer_is_unknown_and_is_not_repeated(whatsapp: WhatsApp, provider: Provider) -> None:
    provider.cuts()
    with pytest.raises(TransportError) as failed:
        whatsapp.send(message(), PHONE)
    assert failed.value.unknown
    assert not whatsapp.is_idempotent
    assert len(provider.received) == 1


def test_an_accepted_message_whose_answer_is_cut_is_accepted(whatsapp: WhatsApp, provider: Provider) -> None:
    provider.cuts_in_its_answer(200)
    assert whatsapp.send(message(), PHONE).provider_id == ""


@pytest.mark.parametrize(
    "given", ["whatsapp://", "whatsapp://123", "whatsapp://geheim@", "whatsapp://geheim@name", "whatsapp://geheim@1:x"]
)
def test_a_malformed_url_is_refused_without_being_quoted(given: str) -> None:
    with pytest.raises(Malformed, match="whatsapp://<access-token>@<phone-number-id>") as refused:
        from_url(given)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("base", ["127.0.0.1:80", "ftp://x", "https://", "https://u:geheim@x", "https://x?y=1"])
def test_a_malformed_base_is_refused(base: str) -> None:
    with pytest.raises(Malformed, match="base"):
        from_url(f"whatsapp://geheim@1?base={base}")


def test_secrets_do_not_show_in_a_repr(whatsapp: WhatsApp) -> None:
    assert (whatsapp.app_secret, whatsapp.verify_token) == ("as", "vt")
    assert TOKEN not in repr(whatsapp)
    assert "'vt'" not in repr(whatsapp)

"""Tickets: what names a peer."""

from __future__ import annotations

import pickle

import pytest
from aster_runtime import Client, Node, Server, Ticket

ID = "ae58ff8833241ac82d6ff7611046ed67b5072d142c588d0063e942d9a75502b6"


def test_a_ticket_says_what_is_in_it() -> None:
    ticket = Ticket(
        ID, addresses=["127.0.0.1:4433", "[::1]:5"], relay="https://relay.example.com"
    )
    again = Ticket.parse(str(ticket))
    assert again == ticket
    assert hash(again) == hash(ticket)
    assert again.id == ID
    assert again.addresses == ["127.0.0.1:4433", "[::1]:5"]
    assert again.relay == "https://relay.example.com/"
    assert pickle.loads(pickle.dumps(ticket)) == ticket
    alone = Ticket.parse(ID)
    assert (alone.id, alone.addresses, alone.relay) == (ID, [], None)


def test_damage_is_told_from_something_else() -> None:
    text = str(Ticket(ID, addresses=["127.0.0.1:4433"]))
    for damaged in (
        text[:-1],
        text[:20],
        text[:30] + ("a" if text[30] != "a" else "b") + text[31:],
    ):
        with pytest.raises(ValueError, match="is damaged: copy it again"):
            Ticket.parse(damaged)
    with pytest.raises(ValueError, match="begin with `aster`"):
        Ticket.parse("https://example.com")
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        Ticket("abc")
    with pytest.raises(ValueError, match="no address"):
        Ticket(ID, addresses=["localhost"])


async def test_a_ticket_is_an_address_wherever_one_is_asked_for() -> None:
    async with Node.dev() as node, Server(node, []), Node.dev() as other:
        ticket = Ticket.parse(node.address)
        assert ticket.id == node.id
        async with Client.connect(other, ticket) as client:
            assert client.peer == node.id
        other.admit(ticket)
        assert other.revoke(node.id)
        with pytest.raises(TypeError, match="not by int"):
            other.revoke(5)  # type: ignore[arg-type]

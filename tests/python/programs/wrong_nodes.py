"""Nodes, clients and stores that are used wrong."""

from aster_runtime import (
    Client,
    Limits,
    Node,
    RateLimit,
    Server,
    Ticket,
    decode,
)
from fleet_generated.fleet.common import Page

LIMITS: Limits = {"frmae": 1}  # wrong: typeddict-unknown-key reportAssignmentType
SIZES: Limits = {"frame": "16 MiB"}  # wrong: typeddict-item reportAssignmentType


async def nodes(client: Client) -> None:
    Node.dev(port=1)  # wrong: call-arg reportCallIssue
    Node.dev(secret_key="00")  # wrong: arg-type reportArgumentType
    Node.dev(limits={"calls": "many"})  # wrong: arg-type reportArgumentType
    Node.dev(trust="00")  # wrong: call-arg reportCallIssue
    Node.spawn(credentials=[b"{}"])  # wrong: list-item reportArgumentType
    Node.from_identity("a", credentials=[])  # wrong: call-arg reportCallIssue
    opening = Node.dev()
    print(opening.id)  # wrong: attr-defined reportAttributeAccessIssue
    with Node.dev():  # wrong: attr-defined reportGeneralTypeIssues
        pass
    node = await opening
    node.id = "a"  # wrong: misc reportAttributeAccessIssue
    Client.connect(node.address)  # wrong: call-arg reportCallIssue
    Client.connect(node, 7)  # wrong: arg-type reportArgumentType
    Client.connect(node, node)  # wrong: arg-type reportArgumentType
    node.admit(node.id, ["ops"])  # wrong: call-arg reportCallIssue
    node.admit(node.id, roles=[1])  # wrong: list-item reportArgumentType
    node.bring_revocation(node.address, "{}")  # wrong: call-arg reportCallIssue
    Ticket.parse(b"aster")  # wrong: arg-type reportArgumentType
    RateLimit("10")  # wrong: arg-type reportArgumentType
    Server(node, []).serve(1)  # wrong: call-arg reportCallIssue
    decode("Page", b"")  # wrong: arg-type reportArgumentType
    text: str = decode(Page, b"")  # wrong: assignment reportAssignmentType
    found: str = await node.blobs.get_bytes("00")  # wrong: assignment reportAssignmentType
    await node.blobs.add_bytes("text")  # wrong: arg-type reportArgumentType
    await node.blobs.get_bytes("00", offset=None)  # wrong: arg-type reportArgumentType
    async for event in await node.gossip.subscribe(bytes(32)):
        print(event.content)  # wrong: union-attr reportAttributeAccessIssue
    service = client.service("fleet.control.Control")
    service.method("status")  # wrong: attr-defined reportAttributeAccessIssue
    print(text, found)

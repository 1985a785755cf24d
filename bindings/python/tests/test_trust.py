"""Nodes of a mesh that the `aster` command made: who comes in, as what, and who is out again."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import signing
from aster_runtime import (
    Client,
    Context,
    FailedPrecondition,
    Node,
    NotAdmitted,
    PermissionDenied,
    Server,
    ServerNotTrusted,
    StartError,
    Unauthenticated,
)
from gen_fleet.fleet.control import (
    Command,
    CommandOutput,
    Control,
    ControlClient,
    IngestReply,
    LogEntry,
    StatusReply,
    StatusRequest,
    TailRequest,
)
from support import NOON, run, within
from support_mesh import PASSPHRASE, Member, Mesh

DAY = 24 * 60 * 60


class Agent(Control):
    """Tells its callers what it knows of them; a tail ends with its caller."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    async def status(self, request: StatusRequest, context: Context) -> StatusReply:
        told = {"peer": context.peer, "attributes": context.attributes}
        return StatusReply(agent=json.dumps(told), load=[])

    async def submit(self, request: LogEntry, context: Context) -> None: ...

    async def tail(
        self, request: TailRequest, context: Context
    ) -> AsyncIterator[LogEntry]:
        try:
            yield LogEntry(agent="a", at=NOON, text="the first")
            await asyncio.Event().wait()
        finally:
            self.ended.set()

    async def ingest(
        self, requests: AsyncIterator[LogEntry], context: Context
    ) -> IngestReply:
        return IngestReply(lines=len([request async for request in requests]))

    async def exec(
        self, requests: AsyncIterator[Command], context: Context
    ) -> AsyncIterator[CommandOutput]:
        async for command in requests:
            yield CommandOutput(line=command.name)


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Mesh:
    """A mesh whose root key is under a passphrase."""
    return Mesh(tmp_path_factory.mktemp("mesh") / "home", sealed=True)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Mesh:
    """Another one, whose root key can be had."""
    return Mesh(tmp_path_factory.mktemp("other") / "home", sealed=False)


@pytest.fixture(scope="module")
def db(mesh: Mesh) -> Member:
    """A node that may serve."""
    return mesh.member("db", "producer")


@pytest.fixture(scope="module")
def anna(mesh: Mesh) -> Member:
    """A node that may call."""
    roles = ("--roles", "fleet.agent,fleet.operator", "--attr", "site=north")
    return mesh.member("anna", "consumer", *roles)


@asynccontextmanager
async def serving(
    member: Member, mesh: Mesh, *, revocations: Path | None = None, **options: object
) -> AsyncIterator[tuple[Node, Agent]]:
    """A server of the mesh."""
    opening = Node.from_identity(
        member.file,
        trust=mesh.root,
        revocations=revocations,
        **options,  # type: ignore[arg-type]
    )
    agent = Agent()
    async with opening as node, Server(node, [agent]):
        yield node, agent


@asynccontextmanager
async def calling(
    member: Member, mesh: Mesh, address: str
) -> AsyncIterator[ControlClient]:
    """A client whose node has the identity of a member."""
    async with Node.from_identity(member.file, trust=mesh.root) as node:
        async with Client.connect(node, address) as client:
            yield ControlClient(client)


async def refused(node: Node, address: str, **options: object) -> str:
    """Is not let in, and what it is told then."""
    with pytest.raises(NotAdmitted) as caught:
        await within(_connect(node, address, **options))
    return str(caught.value)


async def _connect(node: Node, address: str, **options: object) -> None:
    async with Client.connect(node, address, **options):  # type: ignore[arg-type]
        pass


def entry() -> LogEntry:
    return LogEntry(agent="a", at=NOON, text="")


# Who comes in.


async def test_a_member_comes_in_and_handlers_see_what_was_signed_of_it(
    mesh: Mesh, db: Member, anna: Member
) -> None:
    async with serving(db, mesh) as (node, _):
        assert node.id == db.id
        async with calling(anna, mesh, node.address) as control:
            told = json.loads((await control.status("a")).agent)
            wanted = {
                "aster.name": "anna",
                "aster.role": "fleet.agent,fleet.operator",
                "site": "north",
            }
            assert told == {"peer": anna.id, "attributes": wanted}
            assert node.admitted() == {anna.id: wanted}
            lines = control.tail(TailRequest(agents={"a"}))
            assert (await within(anext(lines))).text == "the first"
            await lines.aclose()


async def test_keys_and_credentials_can_be_given_by_the_program(
    mesh: Mesh, db: Member, anna: Member
) -> None:
    assert db.credential and anna.credential
    server = Node.spawn(
        secret_key=db.secret_key, trust=mesh.root, credentials=[db.credential]
    )
    client = Node.spawn(secret_key=anna.secret_key, credentials=[anna.credential])
    async with server as node, Server(node, [Agent()]), client as caller:
        assert (node.id, caller.id) == (db.id, anna.id)
        async with Client.connect(caller, node.address, mesh=mesh.root) as connected:
            await ControlClient(connected).submit(entry())


async def test_roles_are_asked_for_at_each_call(mesh: Mesh, db: Member) -> None:
    agent = mesh.member("agent", "consumer", "--roles", "fleet.agent")
    nobody = mesh.member("nobody", "consumer")
    async with serving(db, mesh) as (node, _):
        async with calling(agent, mesh, node.address) as control:
            await control.status("a")
            with pytest.raises(PermissionDenied) as caught:
                await anext(control.tail(TailRequest(agents=set())))
            # what is asked for is not told
            assert "fleet.operator" not in str(caught.value)
        async with calling(nobody, mesh, node.address) as control:
            with pytest.raises(PermissionDenied):
                await control.status("a")
            with pytest.raises(PermissionDenied):
                await control.ingest([entry()])
            with pytest.raises(PermissionDenied):
                await anext(control.exec([Command(name="ls")]))
            # roles are those of now
            node.admit(nobody.id, roles=["fleet.agent"])
            await control.status("a")


async def test_a_server_that_proves_nothing_is_not_called(
    mesh: Mesh, other: Mesh, anna: Member
) -> None:
    consumer = mesh.member("printer", "consumer")
    stranger = other.member("stranger", "producer")
    for member in (consumer, stranger):
        async with serving(member, mesh) as (node, _):
            with pytest.raises(ServerNotTrusted):
                async with calling(anna, mesh, node.address):
                    pass
            async with Node.from_identity(anna.file, trust=mesh.root) as caller:
                connecting = Client.connect(caller, node.address, trust_address=True)
                async with connecting as client:
                    await ControlClient(client).status("a")


# Who does not.


def altered(text: str, name: str, value: str) -> str:
    """The same credential, saying something else."""
    fields = json.loads(text)
    fields[name] = value
    return json.dumps(fields)


async def test_all_who_are_refused_are_told_the_same_and_nothing_of_the_server(
    mesh: Mesh, other: Mesh, tmp_path: Path
) -> None:
    root, now = other.secret(), int(time.time())
    db = other.member("db", "producer")
    key = secrets.token_bytes(32)
    id = signing.public(key).hex()
    elsewhere = signing.public(secrets.token_bytes(32)).hex()

    def made(**fields: object) -> str:
        given: dict[str, object] = {
            "subject": id,
            "not_before": now - DAY,
            "expires_at": now + DAY,
            "attributes": {"aster.role": "fleet.agent"},
            **fields,
        }
        return signing.credential(root, **given)  # type: ignore[arg-type]

    foreign = mesh.enroll("--endpoint-id", id, "--role", "consumer", "--name", "n")
    nonce = secrets.token_hex(32)
    taken = made(kind="consumer-one-time", subject=None, audience=db.id, nonce=nonce)
    reasons: dict[str, list[str]] = {
        "without one": [],
        "of another mesh": [foreign],
        "expired": [made(expires_at=now - 120)],
        "not yet": [made(not_before=now + 120)],
        "to be shown to another": [made(audience=elsewhere)],
        "taken by another peer": [taken],
    }
    folder = tmp_path / "db"
    async with serving(db, other, folder=folder) as (node, _):
        # it is another's from here on
        async with Node.spawn(credentials=[taken]) as first:
            async with Client.connect(first, node.address, trust_address=True):
                assert list(node.admitted()) == [first.id]
        told: dict[str, str] = {}
        for reason, credentials in reasons.items():
            async with Node.spawn(secret_key=key, credentials=credentials) as caller:
                options = {"trust_address": True}
                if reason == "of another mesh":
                    options["mesh"] = mesh.root  # type: ignore[assignment]
                told[reason] = await refused(caller, node.address, **options)
                assert id not in node.admitted()
        assert len(set(told.values())) == 1, told
        assert "fleet" not in str(told) and "aster.Node" not in str(told)
        # the same peer, with what is good
        async with Node.spawn(secret_key=key, credentials=[made()]) as caller:
            connecting = Client.connect(caller, node.address, trust_address=True)
            async with connecting as client:
                await ControlClient(client).status("a")


def test_what_python_signs_is_what_aster_signs() -> None:
    vectors = json.loads(
        (Path(__file__).parents[3] / "tests/vectors/trust/credentials.json").read_text()
    )
    root = bytes.fromhex(vectors["root"]["private"])
    for case in vectors["cases"]:
        fields = json.loads(case["json"])
        made = signing.credential(
            root,
            kind=fields["type"],
            subject=fields.get("endpoint_id"),
            audience=fields.get("audience"),
            not_before=fields["not_before"],
            expires_at=fields["expires_at"],
            attributes=fields["attributes"],
            nonce=fields.get("nonce"),
        )
        assert json.loads(made) == fields, case["name"]


async def test_what_a_node_cannot_show_is_refused_by_itself(
    mesh: Mesh, db: Member, anna: Member
) -> None:
    assert db.credential and anna.credential
    bad: dict[str, Callable[[str], str]] = {
        "cut": lambda text: text[:-10],
        "no JSON": lambda text: "credential",
        "empty": lambda text: "",
        "another name": lambda text: text.replace('"anna"', '"anne"'),
        "more roles": lambda text: text.replace("fleet.agent,", "fleet.agent,root,"),
        "lasts longer": lambda text: text.replace(
            f'"expires_at":{json.loads(text)["expires_at"]}',
            f'"expires_at":{json.loads(text)["expires_at"] + 1}',
        ),
        "another key": lambda text: text.replace(anna.id, db.id),
        "an unknown field": lambda text: text.replace("{", '{"admin":true,', 1),
    }
    digits = json.loads(anna.credential)["signature"]
    for place in (0, 63, 64, 127):
        flipped = f"{int(digits[place], 16) ^ 1:x}"
        bad[f"digit {place} of the signature"] = lambda text, at=place, by=flipped: (
            altered(text, "signature", digits[:at] + by + digits[at + 1 :])
        )
    async with serving(db, mesh) as (node, _):
        async with Node.spawn(secret_key=anna.secret_key, trust=mesh.root) as caller:
            for name, change in bad.items():
                text = change(anna.credential)
                assert text != anna.credential, name
                with pytest.raises(ValueError) as caught:
                    caller.add_credential(text)
                shown = str(caught.value)
                assert shown and anna.secret_key.hex() not in shown, name
                with pytest.raises((ValueError, StartError)):
                    await Node.spawn(secret_key=anna.secret_key, credentials=[text])
            # another's, as it is: it is of no use here
            with pytest.raises(ValueError):
                caller.add_credential(db.credential)
            with pytest.raises(TypeError):
                caller.add_credential(b"{}")  # type: ignore[arg-type]
            await refused(caller, node.address)
            caller.add_credential(anna.credential)
            async with Client.connect(caller, node.address) as client:
                await ControlClient(client).status("a")


async def test_another_mesh_and_wrong_root_keys(mesh: Mesh, anna: Member) -> None:
    for root in ("", "00", mesh.root[:-1], "z" * 64, mesh.root.upper(), "0" * 64):
        with pytest.raises(ValueError, match="trust: "):
            await Node.spawn(trust=root)
        with pytest.raises(ValueError, match="trust: "):
            await Node.from_identity(anna.file, trust=root)


# Who is out again.


async def test_a_revocation_that_is_brought_ends_streams_and_keeps_the_peer_out(
    mesh: Mesh, db: Member
) -> None:
    victim = mesh.member("victim", "consumer", "--roles", "fleet.agent,fleet.operator")
    bystander = mesh.member("by", "consumer", "--roles", "fleet.agent,fleet.operator")
    line = mesh.revoke("--endpoint-id", victim.id, file="brought")
    kept = mesh.folder / "kept"
    kept.touch()
    async with serving(db, mesh, revocations=kept) as (node, agent):
        async with (
            calling(bystander, mesh, node.address) as spared,
            calling(victim, mesh, node.address) as control,
            Node.dev() as operator,
        ):
            lines = control.tail(TailRequest(agents=set()))
            await within(anext(lines))
            upload = asyncio.ensure_future(_ingest(control))
            for wrong in ("", "{}", line[:-9] + '"}', line.replace(victim.id, db.id)):
                with pytest.raises(ValueError):
                    await operator.bring_revocation(node.address, wrong, mesh.root)
            with pytest.raises(ValueError):
                await operator.bring_revocation(node.address, line, "00")
            assert victim.id in node.admitted()
            await within(operator.bring_revocation(node.address, line, mesh.root))
            # the running calls end, at both sides
            with pytest.raises(Unauthenticated):
                await within(anext(lines))
            with pytest.raises(Unauthenticated):
                await within(upload)
            await within(agent.ended.wait())
            assert list(node.admitted()) == [bystander.id]
            with pytest.raises(Unauthenticated):
                await control.status("a")
            with pytest.raises(NotAdmitted):
                async with calling(victim, mesh, node.address):
                    pass
            await spared.status("a")
            # a second time it says nothing new
            await within(operator.bring_revocation(node.address, line, mesh.root))
        assert kept.read_text() == line + "\n"
    # and the next server that reads the file
    async with serving(db, mesh, revocations=kept) as (node, _):
        with pytest.raises(NotAdmitted):
            async with calling(victim, mesh, node.address):
                pass


async def _ingest(control: ControlClient) -> IngestReply:
    async def entries() -> AsyncIterator[LogEntry]:
        yield entry()
        await asyncio.Event().wait()

    return await control.ingest(entries())


async def test_a_server_without_a_file_takes_no_revocation(
    mesh: Mesh, other: Mesh, db: Member, anna: Member
) -> None:
    line = mesh.revoke("--endpoint-id", anna.id, file="not-taken")
    async with serving(db, mesh) as (node, _), Node.dev() as operator:
        with pytest.raises(FailedPrecondition):
            await within(operator.bring_revocation(node.address, line, mesh.root))
        async with calling(anna, mesh, node.address) as control:
            await control.status("a")
    # nor does one of another mesh, that has such a file
    elsewhere = other.member("elsewhere", "producer")
    async with (
        serving(elsewhere, other, revocations=other.revoked) as (node, _),
        Node.dev() as operator,
    ):
        with pytest.raises(FailedPrecondition):
            await within(operator.bring_revocation(node.address, line, mesh.root))
    assert other.revoked.read_text() == ""


async def test_a_line_in_the_file_cuts_who_is_there(mesh: Mesh, db: Member) -> None:
    victim = mesh.member("thief", "consumer", "--roles", "fleet.agent,fleet.operator")
    async with serving(db, mesh, revocations=mesh.revoked) as (node, agent):
        async with calling(victim, mesh, node.address) as control:
            lines = control.tail(TailRequest(agents=set()))
            await within(anext(lines))
            mesh.revoke("--endpoint-id", victim.id, file=mesh.revoked.name)
            with pytest.raises(Unauthenticated):
                await within(anext(lines))
            await within(agent.ended.wait())
            assert node.admitted() == {}
            assert node.stats()["revoked"] >= 1


async def test_revocations_that_cannot_be_read_are_no_start(
    mesh: Mesh, db: Member, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    damaged.write_text("{}\n")
    for file in (tmp_path / "missing", damaged):
        with pytest.raises(StartError, match=file.name):
            await Node.from_identity(db.file, trust=mesh.root, revocations=file)
    with pytest.raises(StartError):
        await Node.from_identity(db.file, revocations=mesh.revoked)


async def test_a_program_admits_and_revokes_by_itself() -> None:
    agent = Agent()
    async with Node.spawn() as node, Server(node, [agent]), Node.spawn() as caller:
        await refused(caller, node.address)
        assert node.admitted() == {} and node.revoke(caller.id) is False
        # whom the program has revoked comes in when it admits it again
        attributes = {"site": "é", "x": ""}
        roles = ["fleet.agent", "fleet.operator"]
        node.admit(caller.address, roles=roles, attributes=attributes)
        told = {**attributes, "aster.role": "fleet.agent,fleet.operator"}
        assert node.admitted() == {caller.id: told}
        async with Client.connect(caller, node.address) as client:
            control = ControlClient(client)
            assert json.loads((await control.status("a")).agent)["attributes"] == told
            lines = control.tail(TailRequest(agents=set()))
            await within(anext(lines))
            assert node.revoke(caller.id) is True
            with pytest.raises(Unauthenticated):
                await within(anext(lines))
            await within(agent.ended.wait())
        await refused(caller, node.address)
        # for a while, which is cut short
        node.admit(caller.id, roles=roles, time=3600)
        async with Client.connect(caller, node.address) as client:
            lines = ControlClient(client).tail(TailRequest(agents=set()))
            await within(anext(lines))
            node.admit(caller.id, roles=roles, time=0.1)
            with pytest.raises(Unauthenticated):
                await within(anext(lines))
        assert node.admitted() == {}
        assert node.stats()["expired"] >= 1


async def test_what_is_no_admission_is_refused() -> None:
    async with Node.spawn() as node:
        for peer in ("", "x", "aster", "00" * 31):
            with pytest.raises(ValueError):
                node.admit(peer)
            with pytest.raises(ValueError):
                node.revoke(peer)
        id = signing.public(bytes(32)).hex()
        many = {str(number): "" for number in range(33)}
        for attributes in ({"k" * 65: ""}, {"k": "v" * 1025}, many):
            with pytest.raises(ValueError):
                node.admit(id, attributes=attributes)
        for seconds in (-1.0, float("nan")):
            with pytest.raises(ValueError):
                node.admit(id, time=seconds)
        # one text is one role, or none: it never becomes two
        for role in ("ops,dev", "ops,", "", "o ps"):
            with pytest.raises(ValueError, match="is no role"):
                node.admit(id, roles=[role])
            with pytest.raises(StartError, match="is no role"):
                await Node.dev(dev_roles=[role])
        with pytest.raises(TypeError):
            node.admit(id, roles="ops")
        with pytest.raises(TypeError):
            node.admit(id, attributes={"site": 1})  # type: ignore[dict-item]
        assert node.admitted() == {}


# Identity files and configuration.


async def test_identity_files_that_cannot_be_used(
    mesh: Mesh, anna: Member, tmp_path: Path
) -> None:
    with pytest.raises(StartError, match="missing"):
        await Node.from_identity(tmp_path / "missing")
    text = anna.file.read_text()
    secret = anna.secret_key.hex()
    file = tmp_path / "identity"
    for wrong, said in [
        ("[node\n", "identity"),
        (text.replace(anna.id, mesh.root), "identity"),
        (text.replace("secret_key", "secret"), "secret"),
        (text.replace('name = "anna"', 'nmae = "anna"'), "nmae"),
        (text.replace("north", "south"), "signature"),
    ]:
        assert wrong != text
        file.write_text(wrong)
        file.chmod(0o600)
        with pytest.raises(StartError, match=said) as caught:
            await Node.from_identity(file)
        assert secret not in str(caught.value)
    file.write_text(text)
    file.chmod(0o644)
    with pytest.raises(StartError, match="chmod 600") as caught:
        await Node.from_identity(file)
    assert secret not in str(caught.value)


CONFIGURED = """
import asyncio, sys
from aster_runtime import Node, StartError

async def main():
    # a busy machine is nothing to complain of
    asyncio.get_running_loop().slow_callback_duration = 60
    try:
        async with Node.from_config(sys.argv[1]) as node:
            print("started", node.id)
    except StartError as error:
        print("refused", error)

asyncio.run(main())
"""


def configured(
    monkeypatch: pytest.MonkeyPatch, folder: Path, **variables: str
) -> tuple[str, str]:
    """How a node starts in a folder, in a process with these variables and no others of ours."""
    with monkeypatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("ASTER_")]:
            patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        status, out, err = run(CONFIGURED, str(folder))
    assert (status, err) == (0, ""), err
    how, what = out.strip().split(" ", 1)
    return how, what


def test_a_node_as_its_operator_wants_it(
    monkeypatch: pytest.MonkeyPatch, mesh: Mesh, anna: Member, tmp_path: Path
) -> None:
    def start(**variables: str) -> tuple[str, str]:
        return configured(monkeypatch, tmp_path, **variables)

    file = tmp_path / "aster.toml"
    assert start()[0] == "started"
    file.write_text(f'identity = "{anna.file}"\nroot_pubkey = "{mesh.root}"\n')
    assert start() == ("started", anna.id)
    # the environment is over the file
    how, what = start(ASTER_IDENTITY=str(tmp_path / "missing"))
    assert how == "refused" and "missing" in what
    how, what = start(ASTER_ROOT_PUBKEY="12")
    assert how == "refused" and "ASTER_ROOT_PUBKEY" in what
    # what is not known is an error, with what was meant
    how, what = start(ASTER_RELAYS="n0")
    assert how == "refused" and "did you mean `ASTER_RELAY`?" in what
    file.write_text('relays = "n0"\n')
    how, what = start()
    assert how == "refused" and "aster.toml:1: `relays` is not known" in what
    assert "did you mean `relay`?" in what
    file.write_text("lan = 1\n")
    how, what = start()
    assert how == "refused" and "aster.toml:1: `lan`" in what
    # a file of the folder's own
    file.unlink()
    (tmp_path / ".aster-identity").write_text(anna.file.read_text())
    (tmp_path / ".aster-identity").chmod(0o600)
    assert start() == ("started", anna.id)


def test_no_secret_is_in_what_nodes_show(mesh: Mesh, anna: Member) -> None:
    async def shown() -> str:
        async with Node.from_identity(anna.file, trust=mesh.root) as node:
            return repr(node) + repr(node.stats()) + node.address

    told = asyncio.run(shown())
    assert anna.secret_key.hex() not in told
    assert PASSPHRASE.strip() not in told

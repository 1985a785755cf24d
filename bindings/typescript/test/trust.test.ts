// Who comes in, and who is out again: credentials, roles and revocations, which the real `aster` signs.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  Client,
  FailedPrecondition,
  Node,
  NotAdmitted,
  PermissionDenied,
  Server,
  ServerNotTrusted,
  StartError,
  Unauthenticated,
} from "aster-runtime";
import { all, failed, Signal } from "./calls-support.js";
import * as probe from "./gen/probe.js";
import { type Member, Mesh } from "./mesh.js";

const time = { timeout: 60_000 };

const [mesh, other] = [new Mesh(), new Mesh()];
process.once("exit", () => {
  mesh.remove();
  other.remove();
});
/** A node that may serve, and one that may call. */
const db = mesh.member("db", "producer");
const anna = mesh.member("anna", "consumer", "--roles", "ops,dev", "--attr", "site=north");

/** Runs `work` with a server of a member; `ended` is set when a watcher has gone. */
async function serving(
  member: Member,
  work: (node: Node, ended: Signal) => Promise<void>,
  options: { readonly trust?: string; readonly revocations?: string } = {},
): Promise<void> {
  const ended = new Signal();
  const guarded = probe.Guarded.implement({
    who: (_request, context) => JSON.stringify([context.peer, [...context.attributes]]),
    async *watch(_request, context) {
      yield "first";
      await new Promise((resolve) => {
        context.signal.addEventListener("abort", resolve);
      });
      ended.set();
    },
  });
  const node = await Node.fromIdentity(member.file, { trust: mesh.root, ...options });
  try {
    await new Server(node, [guarded]).start();
    await work(node, ended);
  } finally {
    await node.close();
  }
}

/** Runs `work` with a client whose node has the identity of a member. */
async function calling(
  member: Member,
  address: string,
  work: (stub: probe.GuardedClient) => Promise<void>,
): Promise<void> {
  const node = await Node.fromIdentity(member.file, { trust: mesh.root });
  try {
    const client = await Client.connect(node, address);
    await work(new probe.GuardedClient(client));
    client.close();
  } finally {
    await node.close();
  }
}

await test("a member comes in, and handlers see what was signed of it", time, async () => {
  await serving(db, async (node) => {
    assert.equal(node.id, db.id);
    await calling(anna, node.address, async (stub) => {
      const wanted = [
        ["aster.name", "anna"],
        ["aster.role", "ops,dev"],
        ["site", "north"],
      ];
      assert.deepEqual(JSON.parse(await stub.who()), [anna.id, wanted]);
      assert.deepEqual([...(node.admitted().get(anna.id) ?? [])], wanted);
    });
  });
});

await test("keys and credentials can be given by the program", time, async () => {
  const server = await Node.spawn({
    secretKey: db.secretKey,
    trust: mesh.root,
    credentials: [db.credential],
  });
  await new Server(server, []).start();
  const caller = await Node.spawn({ secretKey: anna.secretKey, credentials: [anna.credential] });
  const client = await Client.connect(caller, server.address, { mesh: mesh.root });
  assert.deepEqual([client.peer, caller.id], [db.id, anna.id]);
  await caller.close();
  await server.close();
});

await test("roles are asked for at each call, and are those of now", time, async () => {
  const nobody = mesh.member("nobody", "consumer");
  await serving(db, async (node) => {
    await calling(nobody, node.address, async (stub) => {
      const error = await failed(stub.who());
      assert.ok(error instanceof PermissionDenied, String(error));
      // what is asked for is not told
      assert.doesNotMatch(error.message, /ops/);
      await assert.rejects(all(stub.watch()), PermissionDenied);
      node.admit(nobody.id, { roles: ["ops"] });
      assert.match(await stub.who(), new RegExp(nobody.id));
    });
  });
});

await test("a server that proves nothing is not called", time, async () => {
  const printer = mesh.member("printer", "consumer");
  const stranger = other.member("stranger", "producer");
  for (const member of [printer, stranger]) {
    await serving(member, async (node) => {
      const caller = await Node.fromIdentity(anna.file, { trust: mesh.root });
      await assert.rejects(Client.connect(caller, node.address), ServerNotTrusted);
      const client = await Client.connect(caller, node.address, { trustAddress: true });
      assert.match(await new probe.GuardedClient(client).who(), new RegExp(anna.id));
      await caller.close();
    });
  }
});

await test("all who are refused are told the same, and nothing of the server", time, async () => {
  const foreign = other.member("foreign", "consumer");
  const elsewhere = mesh.member("elsewhere", "consumer", "--audience", anna.id);
  const told = new Set<string>();
  await serving(db, async (node) => {
    for (const [credentials, secretKey] of [
      [[], anna.secretKey],
      [[foreign.credential], foreign.secretKey],
      [[elsewhere.credential], elsewhere.secretKey],
    ] as const) {
      const caller = await Node.spawn({ secretKey, credentials });
      const error = await failed(Client.connect(caller, node.address, { trustAddress: true }));
      assert.ok(error instanceof NotAdmitted, String(error));
      told.add(error.message);
      assert.equal(node.admitted().size, 0);
      await caller.close();
    }
  });
  assert.equal(told.size, 1, [...told].join("\n"));
  assert.doesNotMatch([...told].join(""), /probe|Guarded/);
});

await test("what a node cannot show is refused by itself", time, async () => {
  const { signature } = JSON.parse(anna.credential) as { signature: string };
  const flipped = (place: number): string => {
    const digit = (Number.parseInt(signature[place] ?? "", 16) ^ 1).toString(16);
    return signature.slice(0, place) + digit + signature.slice(place + 1);
  };
  const bad = [
    anna.credential.slice(0, -10),
    "credential",
    "",
    anna.credential.replace('"anna"', '"anne"'),
    anna.credential.replace("ops,", "ops,root,"),
    anna.credential.replace(anna.id, db.id),
    anna.credential.replace("{", '{"admin":true,'),
    ...[0, 63, 64, 127].map((place) => anna.credential.replace(signature, flipped(place))),
    // another's, as it is: it is of no use here
    db.credential,
  ];
  await serving(db, async (node) => {
    const caller = await Node.spawn({ secretKey: anna.secretKey, trust: mesh.root });
    for (const text of bad) {
      assert.notEqual(text, anna.credential);
      assert.throws(
        () => {
          caller.addCredential(text);
        },
        (error: unknown) => {
          assert.ok(error instanceof RangeError, String(error));
          assert.ok(!error.message.includes(Buffer.from(anna.secretKey).toString("hex")));
          return true;
        },
      );
      const made = Node.spawn({ secretKey: anna.secretKey, credentials: [text] });
      const error = await failed(made);
      assert.ok(error instanceof RangeError || error instanceof StartError, String(error));
    }
    assert.throws(() => {
      caller.addCredential(Buffer.from("{}") as never);
    }, TypeError);
    await assert.rejects(Client.connect(caller, node.address), NotAdmitted);
    caller.addCredential(anna.credential);
    const client = await Client.connect(caller, node.address);
    assert.match(await new probe.GuardedClient(client).who(), new RegExp(anna.id));
    await caller.close();
  });
});

await test("wrong root keys are refused", time, async () => {
  for (const trust of ["", "00", mesh.root.slice(1), "z".repeat(64), "0".repeat(64)]) {
    await assert.rejects(Node.spawn({ trust }), RangeError);
    await assert.rejects(Node.fromIdentity(anna.file, { trust }), RangeError);
  }
});

await test("a revocation that is brought ends streams and keeps the peer out", time, async () => {
  const victim = mesh.member("victim", "consumer", "--roles", "ops");
  const kept = mesh.file("kept");
  const line = mesh.revoke(victim.id, join(mesh.folder, "brought"));
  const again = async (address: string): Promise<unknown> =>
    await failed(calling(victim, address, async () => {}));
  await serving(
    db,
    async (node, ended) => {
      await calling(anna, node.address, async (spared) => {
        await calling(victim, node.address, async (stub) => {
          const operator = await Node.dev();
          const watch = stub.watch();
          assert.equal((await watch.next()).value, "first");
          for (const wrong of [
            "",
            "{}",
            `${line.slice(0, -9)}"}`,
            line.replace(victim.id, db.id),
          ]) {
            const bringing = operator.bringRevocation(node.address, wrong, mesh.root);
            await assert.rejects(bringing, RangeError);
          }
          assert.ok(node.admitted().has(victim.id));
          await operator.bringRevocation(node.address, line, mesh.root);
          await assert.rejects(watch.next(), Unauthenticated);
          await ended.promise;
          assert.deepEqual([...node.admitted().keys()], [anna.id]);
          await assert.rejects(stub.who(), Unauthenticated);
          assert.ok((await again(node.address)) instanceof NotAdmitted);
          assert.match(await spared.who(), new RegExp(anna.id));
          // a second time it says nothing new
          await operator.bringRevocation(node.address, line, mesh.root);
          await operator.close();
        });
      });
    },
    { revocations: kept },
  );
  assert.equal(readFileSync(kept, "utf8"), `${line}\n`);
  // and the next server that reads the file
  await serving(
    db,
    async (node) => {
      assert.ok((await again(node.address)) instanceof NotAdmitted);
    },
    { revocations: kept },
  );
});

await test("a server without a file takes no revocation", time, async () => {
  const line = mesh.revoke(anna.id, join(mesh.folder, "not-taken"));
  await serving(db, async (node) => {
    const operator = await Node.dev();
    const bringing = operator.bringRevocation(node.address, line, mesh.root);
    await assert.rejects(bringing, FailedPrecondition);
    await operator.close();
    await calling(anna, node.address, async (stub) => {
      assert.match(await stub.who(), new RegExp(anna.id));
    });
  });
});

await test("a line in the file cuts who is there", time, async () => {
  const thief = mesh.member("thief", "consumer", "--roles", "ops");
  const revocations = mesh.file("revoked");
  await serving(
    db,
    async (node, ended) => {
      await calling(thief, node.address, async (stub) => {
        const watch = stub.watch();
        assert.equal((await watch.next()).value, "first");
        mesh.revoke(thief.id, revocations);
        await assert.rejects(watch.next(), Unauthenticated);
        await ended.promise;
        assert.equal(node.admitted().size, 0);
        assert.ok(node.stats().revoked >= 1);
      });
    },
    { revocations },
  );
});

await test("revocations that cannot be read are no start", time, async () => {
  const damaged = join(mesh.folder, "damaged");
  writeFileSync(damaged, "{}\n");
  for (const revocations of [join(mesh.folder, "missing"), damaged]) {
    const opening = Node.fromIdentity(db.file, { trust: mesh.root, revocations });
    await assert.rejects(opening, StartError);
  }
  const without = Node.fromIdentity(db.file, { revocations: mesh.file("empty") });
  await assert.rejects(without, StartError);
  await assert.rejects(Node.fromIdentity(join(mesh.folder, "nobody")), StartError);
});

// Blobs, docs and gossip between two nodes.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type DocEvent, type GossipEvent, Node, NotFound, PermissionDenied } from "aster-runtime";
import { all } from "./calls-support.js";

const time = { timeout: 60_000 };
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

async function two(work: (one: Node, other: Node) => Promise<void>): Promise<void> {
  const [one, other] = await Promise.all([Node.dev(), Node.dev()]);
  one.admit(other.id);
  other.admit(one.id);
  try {
    await work(one, other);
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
}

await test("blobs are added, read and fetched", time, async () => {
  await two(async (one, other) => {
    const data = new Uint8Array(randomBytes(300_000));
    const hash = await one.blobs.addBytes(data, { tag: "noise" });
    assert.match(hash, /^[0-9a-f]{64}$/);
    assert.equal(await one.blobs.has(hash), true);
    assert.equal(await other.blobs.has(hash), false);
    assert.equal(await one.blobs.size(hash), data.length);
    assert.deepEqual(await one.blobs.getBytes(hash), data);
    assert.deepEqual(await one.blobs.getBytes(hash, { offset: 10, length: 5 }), data.slice(10, 15));
    await assert.rejects(one.blobs.getBytes(hash, { limit: 10 }), RangeError);
    await assert.rejects(one.blobs.getBytes(hash, { offset: -1 }), RangeError);
    await assert.rejects(other.blobs.getBytes(hash), NotFound);
    await assert.rejects(one.blobs.addBytes("text" as never), TypeError);
    assert.throws(() => one.blobs.chunks("x"), RangeError);
    assert.deepEqual(await all(one.blobs.tags()), [["noise", hash]]);
    assert.ok((await all(one.blobs.list())).includes(hash));
    assert.equal(
      await other.blobs.download(one.blobs.ticket(hash), undefined, { tag: "fetched" }),
      hash,
    );
    let length = 0;
    for await (const piece of other.blobs.chunks(hash)) length += piece.length;
    assert.equal(length, data.length);
    for await (const piece of other.blobs.chunks(hash)) {
      assert.ok(piece.length > 0);
      break;
    }
    assert.equal(await other.blobs.deleteTag("fetched"), true);
    assert.equal(await other.blobs.deleteTag("fetched"), false);
    const missing = "ab".repeat(32);
    await assert.rejects(other.blobs.download(missing, one.address), NotFound);
    await assert.rejects(other.blobs.download("blobdamaged"), RangeError);
  });
});

await test("files become blobs, and blobs files", time, async () => {
  const folder = await mkdtemp(join(tmpdir(), "aster-"));
  const node = await Node.dev({ folder: join(folder, "store") });
  await writeFile(join(folder, "in"), "content");
  const hash = await node.blobs.addFile(join(folder, "in"));
  assert.equal(await node.blobs.exportFile(hash, join(folder, "out")), 7);
  assert.equal(await readFile(join(folder, "out"), "utf8"), "content");
  await node.close();
  await rm(folder, { recursive: true });
});

await test("a document is written by one and read by the other", time, async () => {
  await two(async (one, other) => {
    const author = await one.docs.createAuthor();
    assert.ok((await one.docs.authors()).includes(author));
    assert.ok((await one.docs.authors()).includes(await one.docs.defaultAuthor()));
    const doc = await one.docs.create();
    const told: DocEvent[] = [];
    const events = await doc.subscribe().ready();
    const listening = (async () => {
      for await (const event of events) {
        told.push(event);
        break;
      }
    })();
    await doc.set(author, bytes("key"), bytes("value"));
    await listening;
    assert.equal(told[0]?.type, "insertLocal");
    await assert.rejects(doc.set(author, bytes("key"), new Uint8Array()), RangeError);
    assert.deepEqual(await doc.get(bytes("key")), bytes("value"));
    assert.equal(await doc.get(bytes("other")), undefined);
    const entry = await doc.entry(bytes("key"), author);
    assert.equal(entry?.size, 5);
    assert.equal(typeof entry.timestamp, "bigint");

    const joined = await other.docs.join(await doc.share());
    const arrived = await joined.subscribe().ready();
    for (;;) {
      if ((await joined.entry(bytes("key"))) !== undefined) {
        const value = await joined.get(bytes("key")).catch((error: unknown) => error);
        if (value instanceof Uint8Array) {
          assert.deepEqual(value, bytes("value"));
          break;
        }
      }
      await arrived.next();
    }
    await arrived.close();
    const their = await other.docs.createAuthor();
    await assert.rejects(joined.set(their, bytes("key"), bytes("x")), PermissionDenied);
    await doc.set(author, bytes("key2"), bytes("2"));
    const found = await all(doc.query({ prefix: bytes("key"), descending: true }));
    assert.deepEqual(
      found.map(({ key }) => Buffer.from(key).toString()),
      ["key2", "key"],
    );
    assert.throws(() => doc.query({ prefix: bytes("a"), key: bytes("b") }), RangeError);
    assert.equal(await doc.delete(author, bytes("key")), 2);
    assert.equal((await all(doc.query())).length, 0);
    assert.deepEqual(await all(one.docs.list()), [[doc.id, "write"]]);
    await joined.leave();
    await joined.close();
    await joined.close();
    await doc.close();
    const again = await one.docs.open(doc.id);
    assert.equal(again.id, doc.id);
    await again.close();
    await assert.rejects(one.docs.open("cd".repeat(32)), NotFound);
    await one.docs.drop(doc.id);
  });
});

await test("a topic of gossip", time, async () => {
  await two(async (one, other) => {
    const name = new Uint8Array(createHash("sha256").update("topic").digest());
    await assert.rejects(one.gossip.subscribe(new Uint8Array(3)), RangeError);
    const first = await one.gossip.subscribe(name);
    const second = await other.gossip.subscribe(name, [one.address]);
    await Promise.all([first.joined(), second.joined()]);
    assert.deepEqual(first.neighbors, [other.id]);
    assert.deepEqual(first.id, name);
    await first.broadcast(bytes("hello"));
    let received: GossipEvent | undefined;
    for await (const event of second) {
      if (event.type === "received") {
        received = event;
        break;
      }
    }
    assert.deepEqual(received, { type: "received", message: bytes("hello"), peer: one.id });
    const large = new Uint8Array(one.gossip.maxMessageSize + 1);
    await assert.rejects(first.broadcast(large), RangeError);
    await first.close();
    await assert.rejects(first.broadcast(bytes("x")));
  });
});

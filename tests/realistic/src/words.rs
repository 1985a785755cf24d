//! What names and documentation are made of.

use fastrand::Rng;

pub(crate) const NOUNS: [&str; 96] = [
    "account",
    "address",
    "agent",
    "alert",
    "archive",
    "asset",
    "attachment",
    "audit",
    "backup",
    "balance",
    "batch",
    "bucket",
    "budget",
    "calendar",
    "campaign",
    "carrier",
    "cart",
    "catalog",
    "channel",
    "charge",
    "claim",
    "cluster",
    "comment",
    "contact",
    "contract",
    "coupon",
    "credit",
    "customer",
    "dashboard",
    "delivery",
    "deployment",
    "device",
    "discount",
    "dispute",
    "document",
    "endpoint",
    "event",
    "export",
    "feature",
    "feed",
    "file",
    "filter",
    "folder",
    "forecast",
    "gateway",
    "grant",
    "group",
    "health",
    "image",
    "import",
    "incident",
    "index",
    "invoice",
    "item",
    "job",
    "journal",
    "label",
    "ledger",
    "license",
    "listing",
    "location",
    "member",
    "message",
    "metric",
    "migration",
    "monitor",
    "network",
    "node",
    "notice",
    "offer",
    "order",
    "package",
    "partner",
    "payment",
    "permission",
    "pipeline",
    "policy",
    "price",
    "product",
    "profile",
    "project",
    "queue",
    "quota",
    "receipt",
    "refund",
    "region",
    "release",
    "report",
    "request",
    "route",
    "schedule",
    "segment",
    "session",
    "shipment",
    "tenant",
    "voucher",
];

pub(crate) const QUALIFIERS: [&str; 48] = [
    "active",
    "annual",
    "archived",
    "available",
    "billing",
    "blocked",
    "cached",
    "central",
    "common",
    "current",
    "daily",
    "default",
    "derived",
    "draft",
    "effective",
    "expected",
    "external",
    "failed",
    "final",
    "global",
    "initial",
    "inner",
    "internal",
    "last",
    "linked",
    "local",
    "main",
    "manual",
    "merged",
    "nested",
    "next",
    "open",
    "outer",
    "parent",
    "partial",
    "pending",
    "planned",
    "primary",
    "private",
    "public",
    "recent",
    "remote",
    "shared",
    "signed",
    "source",
    "stored",
    "target",
    "valid",
];

pub(crate) const PARTS: [&str; 40] = [
    "id",
    "name",
    "title",
    "kind",
    "state",
    "status",
    "count",
    "total",
    "size",
    "weight",
    "rank",
    "score",
    "limit",
    "offset",
    "start",
    "end",
    "created_at",
    "updated_at",
    "expires_at",
    "owner",
    "author",
    "source",
    "target",
    "parent",
    "children",
    "items",
    "lines",
    "tags",
    "labels",
    "notes",
    "text",
    "body",
    "path",
    "url",
    "code",
    "key",
    "value",
    "enabled",
    "version",
    "checksum",
];

pub(crate) const SUFFIXES: [&str; 20] = [
    "Entry",
    "Record",
    "Summary",
    "Detail",
    "Options",
    "Filter",
    "Result",
    "Range",
    "Set",
    "Reference",
    "Settings",
    "Snapshot",
    "Change",
    "Plan",
    "Step",
    "Rule",
    "Entity",
    "Page",
    "Spec",
    "Window",
];

pub(crate) const VERBS: [&str; 24] = [
    "get", "list", "create", "update", "delete", "watch", "search", "import", "export", "approve", "cancel",
    "archive", "restore", "assign", "release", "merge", "split", "move", "copy", "check", "count", "sync",
    "publish", "tail",
];

const TEXT: [&str; 64] = [
    "the", "a", "of", "to", "and", "in", "is", "it", "when", "that", "was", "for", "on", "with", "as", "not",
    "be", "are", "this", "by", "from", "or", "has", "an", "but", "which", "all", "may", "only", "each",
    "after", "before", "once", "first", "last", "value", "caller", "server", "client", "never", "always",
    "time", "number", "empty", "given", "order", "changes", "kept", "sent", "read", "unit", "seconds",
    "bytes", "zero", "means", "none", "used", "where", "until", "other", "same", "every", "one", "set",
];

pub(crate) fn pick<'a>(rng: &mut Rng, words: &[&'a str]) -> &'a str {
    words[rng.usize(..words.len())]
}

/// A sentence of about `length` characters, with a name of code in it now and then.
pub(crate) fn sentence(rng: &mut Rng, length: usize) -> String {
    let mut text = String::with_capacity(length + 16);
    while text.len() < length {
        let noun = rng.u8(..5) == 0;
        let word = if noun { pick(rng, &NOUNS) } else { pick(rng, &TEXT) };
        if text.is_empty() {
            text.push_str(&capital(word));
        } else if rng.u8(..40) == 0 {
            text.push_str(&format!(" `{word}`"));
        } else {
            text.push(' ');
            text.push_str(word);
        }
    }
    text.push('.');
    text
}

pub(crate) fn capital(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for part in word.split('_') {
        let mut chars = part.chars();
        out.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(chars.as_str());
    }
    out
}

/// `camelCase` of a `snake_case` name.
pub(crate) fn camel(name: &str) -> String {
    let mut out = capital(name);
    if let Some(first) = out.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    out
}
